import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { accessCommitment, type CommittedEntry } from '#libs/evidence';
import { Frontier, leafHash, nodeHash, proveInclusion, type TreeNode } from '#libs/transparency-log';
import type { AccessEntry } from './access-record.repository.js';

/** An entry with the random bytes that blind it. */
export interface SaltedEntry {
  readonly entry: AccessEntry;
  readonly salt: Uint8Array;
}

/** What records say of entries, and how one of many is shown to be among them: an RFC 6962 tree over their commitments, in their order. */
export class AccessCommitments {
  private readonly key: KeyObject;

  constructor(recordsSecret: Uint8Array) {
    this.key = createSecretKey(createHmac('sha256', recordsSecret).update('serai access subjects').digest());
  }

  /** Base64url. It tells nothing of the entries to whoever lacks their salts. */
  rootOf(entries: readonly SaltedEntry[]): string {
    const tree = new Frontier();
    for (const hash of this.leavesOf(entries)) tree.append(hash);
    return tree.root().toString('base64url');
  }

  /** From the sibling of the entry up. */
  pathOf(entries: readonly SaltedEntry[], place: number): Promise<Buffer[]> {
    const leaves = this.leavesOf(entries);
    const hashOf = ({ level, index }: TreeNode): Buffer =>
      level === 0
        ? leaves[index]!
        : nodeHash(hashOf({ level: level - 1, index: 2 * index }), hashOf({ level: level - 1, index: 2 * index + 1 }));
    return proveInclusion(place, leaves.length, async (nodes) => nodes.map(hashOf));
  }

  /** The entry as it may leave the access point: nobody else can find out from it who the officer is. */
  committed({ subject, at, ...entry }: AccessEntry): CommittedEntry {
    const subjectHash = createHmac('sha256', this.key)
      .update(JSON.stringify([entry.entryId, subject]))
      .digest('base64url');
    return { ...entry, at: at.toISOString(), subjectHash };
  }

  private leavesOf(entries: readonly SaltedEntry[]): Buffer[] {
    return entries.map(({ entry, salt }) => leafHash(accessCommitment(this.committed(entry), salt)));
  }
}
