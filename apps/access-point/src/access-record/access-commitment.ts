import { createHmac } from 'node:crypto';
import { Frontier, leafHash } from '#libs/transparency-log';
import type { UnrecordedEntry } from './access-record.repository.js';

/** An entry with the random bytes that blind it. */
export interface SaltedEntry {
  readonly entry: UnrecordedEntry;
  readonly salt: Uint8Array;
}

/** Root of an RFC 6962 tree over the commitments of entries, in this order; base64url. It tells nothing of them to whoever lacks their salts. */
export function accessRoot(entries: readonly SaltedEntry[]): string {
  const tree = new Frontier();
  for (const { entry, salt } of entries) tree.append(leafHash(commitmentOf(entry, salt)));
  return tree.root().toString('base64url');
}

/** HMAC-SHA256 under the salt over every column of the entry, as JSON with sorted members: the canonical form of RFC 8785. */
function commitmentOf(entry: UnrecordedEntry, salt: Uint8Array): Buffer {
  return createHmac('sha256', salt)
    .update(JSON.stringify(sorted(entry)))
    .digest();
}

function sorted(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    members.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]),
  );
}
