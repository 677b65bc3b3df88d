import { isSeraiError } from '#libs/errors';
import { leafEntry, SALT_BYTES } from '#libs/evidence';
import type { LeafRepository, StoredLeaf } from '../leaf/leaf.repository.js';
import type { SaltWrap } from '../leaf/salt-wrap.js';
import type { RetentionRepository } from '../retention/retention.repository.js';
import type { FsckNotes } from './fsck-report.js';
import type { Progress } from './tiles-check.js';

const LEAVES_AT_ONCE = 4_096;

export interface PrivateCheckOptions {
  readonly leaves: LeafRepository;
  readonly retention: RetentionRepository;
  readonly salts: SaltWrap;
  readonly notes: FsckNotes;
  readonly progress: Progress;
}

/** Opens every leaf that was not pruned: its record under its salt must lead to its entry. */
export async function checkPrivate(options: PrivateCheckOptions): Promise<void> {
  const { leaves, retention, salts, notes, progress } = options;
  for (const firstLeaf of await retention.brokenRanges()) notes.find('PRUNE_BROKEN', { firstLeaf });
  const prunedTo = await retention.prunedTo();
  const counts = await leaves.saltCounts();
  if (counts.stray > 0) notes.find('SALT_STRAY', { count: counts.stray });
  for await (const { begin, end, stored } of batchesOf(leaves, counts.leaves)) {
    const opened = unwrap(begin, stored, salts);
    for (const leaf of stored) {
      const salt = leaf.wrappedSalt && opened(leaf.index);
      const isPruned = leaf.index < prunedTo;
      notes.look(salt === undefined ? 'pruned' : 'opened');
      if ((salt === undefined) !== isPruned) notes.find(isPruned ? 'SALT_KEPT' : 'SALT_MISSING', { leaf: leaf.index });
      if (salt !== undefined && !opens(leaf, salt)) notes.find('LEAF_UNOPENED', { leaf: leaf.index });
    }
    progress(end);
  }
}

/** All leaves in their order; the database reads the next ones while those in hand are looked at. */
async function* batchesOf(leaves: LeafRepository, count: number) {
  const read = async (begin: number) => {
    const end = Math.min(count, begin + LEAVES_AT_ONCE);
    return { begin, end, stored: await leaves.stored(begin, end) };
  };
  let coming: ReturnType<typeof read> | undefined;
  for (let begin = 0; begin < count; begin += LEAVES_AT_ONCE) {
    const batch = await (coming ?? read(begin));
    coming = batch.end < count ? read(batch.end) : undefined;
    // Its failure is met when it is its turn, if it ever is.
    coming?.catch(() => undefined);
    yield batch;
  }
}

/** All in one go: salts lie side by side in the key stream, with holes where some are missing. */
function unwrap(begin: number, stored: readonly StoredLeaf[], salts: SaltWrap): (index: number) => Buffer {
  const wrapped = Buffer.alloc(LEAVES_AT_ONCE * SALT_BYTES);
  for (const { index, wrappedSalt } of stored) wrappedSalt?.copy(wrapped, (index - begin) * SALT_BYTES, 0, SALT_BYTES);
  const open = salts.wrap(begin, wrapped);
  return (index) => open.subarray((index - begin) * SALT_BYTES, (index - begin + 1) * SALT_BYTES);
}

function opens({ record, entry, wrappedSalt }: StoredLeaf, salt: Buffer): boolean {
  if (wrappedSalt?.length !== SALT_BYTES) return false;
  try {
    return leafEntry(record, salt).equals(entry);
  } catch (error) {
    // A record that has no canonical form is not the one that was sequenced.
    if (isSeraiError(error, 'ERR_LOG_MALFORMED')) return false;
    throw error;
  }
}
