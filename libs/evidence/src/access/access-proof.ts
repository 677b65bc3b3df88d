import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { realm, sha256, signedDirectoryChange, uuid7 } from '#libs/contracts';

/**
 * An entry of an access log as its participant commits to it: every column, but who it was only as a keyed hash that the participant alone can make. A missing value is
 * null.
 */
export const committedEntry = z.strictObject({
  entryId: uuid7,
  at: z.iso.datetime(),
  action: z.string(),
  subjectHash: sha256,
  officer: z.string(),
  desk: z.string().nullable(),
  purpose: z.string().nullable(),
  legId: z.string().nullable(),
  envelopeId: z.string().nullable(),
  attachmentId: z.string().nullable(),
  operation: z.string(),
  code: z.string().nullable(),
  reason: z.string().nullable(),
  criteria: z.record(z.string(), z.unknown()).nullable(),
});
export type CommittedEntry = z.infer<typeof committedEntry>;

/** The commitment: HMAC-SHA256 under the salt over the entry as JSON with sorted members, the canonical form of RFC 8785. */
export function accessCommitment(entry: CommittedEntry, salt: Uint8Array): Buffer {
  return createHmac('sha256', salt)
    .update(JSON.stringify(sorted(entry)))
    .digest();
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}

/** The proof of one entry, as a file. */
export const accessProof = z.strictObject({
  format: z.literal('serai-access/1'),
  realm,
  entry: committedEntry,
  /** 32 bytes, base64url. */
  salt: sha256,
  /** Among the entries of the record, from 0. */
  place: z.number().int().nonnegative(),
  /** Inclusion proof from the leaf's sibling up, base64url. */
  path: z.array(sha256).max(53),
  /** The signed envelope that commits to it, the gateway's receipt for that, what opens its leaf in the log, and the `.tlog-proof` of the leaf. */
  record: z.strictObject({ envelope: z.string(), receipt: z.string(), opening: z.string(), proof: z.string() }),
  directory: z.strictObject({ changes: z.array(signedDirectoryChange), statement: z.string() }),
});
export type AccessProof = z.infer<typeof accessProof>;
