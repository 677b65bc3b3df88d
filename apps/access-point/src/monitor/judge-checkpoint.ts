import { isSeraiError } from '#libs/errors';
import {
  type Checkpoint,
  type Policy,
  parseNote,
  proveConsistency,
  readRoot,
  type TileFetch,
  tileHashReader,
  type VerifiedCheckpoint,
  verifyByPolicy,
  verifyConsistency,
  type WitnessedHead,
} from '#libs/transparency-log';

/** What a published checkpoint is to who knows an older head: something new, nothing new, or a reason for alarm. */
export type Judgement =
  | { readonly verdict: 'NEWS' | 'OLD' }
  | { readonly verdict: 'FORK' | 'ROLLBACK' | 'UNVERIFIABLE'; readonly finding: string };

/** The head that is known, and when its witnesses saw it. */
export interface KnownHead extends WitnessedHead {
  readonly witnessedAt: Date | null;
}

/**
 * Verifies published bytes under the first policy that believes them.
 *
 * @throws SeraiError ERR_LOG_MALFORMED, ERR_LOG_SIGNATURE, ERR_LOG_QUORUM when none does: what the first one says
 */
export function believedCheckpoint(bytes: Uint8Array, policies: readonly Policy[]): VerifiedCheckpoint {
  const note = parseNote(bytes);
  const failures: unknown[] = [];
  for (const policy of policies) {
    try {
      return verifyByPolicy(note, policy);
    } catch (error) {
      if (!isSeraiError(error)) throw error;
      failures.push(error);
    }
  }
  throw failures[0];
}

/** When its witnesses saw a checkpoint: the middle one of their times, which no single wrong clock moves far. */
export function witnessedAt({ cosignatures }: VerifiedCheckpoint): Date {
  const times = cosignatures.map(({ timestamp = 0 }) => timestamp).sort((one, other) => one - other);
  return new Date((times[Math.floor(times.length / 2)] ?? 0) * 1000);
}

/** A checkpoint that was verified, and when its witnesses saw it. */
export interface SeenCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly witnessedAt: Date;
}

/**
 * Holds a verified checkpoint against the head that is known, by a consistency proof that is made from the published tiles. Tiles that are missing decide nothing.
 *
 * @throws SeraiError ERR_LOG_TILE, and what `fetchTile` throws
 */
export async function judgeCheckpoint(
  seen: SeenCheckpoint,
  known: KnownHead,
  fetchTile: TileFetch,
): Promise<Judgement> {
  const { size, root } = seen.checkpoint;
  if (size < known.size) {
    return { verdict: 'ROLLBACK', finding: `It has ${size} leaves, and had ${known.size}.` };
  }
  if (size === known.size) {
    if (!root.equals(known.root)) return { verdict: 'FORK', finding: `It has two roots of ${size} leaves.` };
    return { verdict: known.witnessedAt === null || known.witnessedAt < seen.witnessedAt ? 'NEWS' : 'OLD' };
  }
  return known.size === 0 ? { verdict: 'NEWS' } : judgeGrowth(seen.checkpoint, known, fetchTile);
}

/** Whether the tiles are those of the new root tells a log that lies from one whose files are damaged. */
async function judgeGrowth({ size, root }: Checkpoint, known: KnownHead, fetchTile: TileFetch): Promise<Judgement> {
  const readHashes = tileHashReader(size, fetchTile);
  const proof = await proveConsistency(known.size, size, readHashes);
  try {
    verifyConsistency({ oldSize: known.size, oldRoot: known.root, newSize: size, newRoot: root, proof });
    return { verdict: 'NEWS' };
  } catch (error) {
    if (!isSeraiError(error, 'ERR_LOG_PROOF')) throw error;
  }
  const sizes = `of ${known.size} and of ${size} leaves`;
  return root.equals(await readRoot(size, readHashes))
    ? { verdict: 'FORK', finding: `Its checkpoints ${sizes} are not of one history.` }
    : { verdict: 'UNVERIFIABLE', finding: `Its tiles do not prove that its checkpoints ${sizes} are of one history.` };
}
