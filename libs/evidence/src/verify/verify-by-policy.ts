import { isSeraiError } from '#libs/errors';
import {
  type Checkpoint,
  cosignersOf,
  type HashReader,
  leafHash,
  type Note,
  type Policy,
  parseAddCheckpoint,
  parseNote,
  parseTlogProof,
  proveConsistency,
  serialiseNote,
  type VerifiedCheckpoint,
  verifyByPolicy,
  verifyConsistency,
  verifyInclusion,
} from '#libs/transparency-log';
import { demand, Report, RuleError, type Verdict } from './report.js';

/** A checkpoint that a given policy believes. */
export interface CheckpointFacts {
  readonly origin: string;
  readonly size: number;
  /** Base64, as checkpoints have it. */
  readonly root: string;
  /** Names that the policy gives to those who cosigned. */
  readonly witnesses: readonly string[];
}

/** What follows from a proof: the entry is at this place of that log. */
export interface ProofFacts extends CheckpointFacts {
  readonly index: number;
}

/** What follows from two checkpoints: the newer log contains the older one unchanged. */
export interface GrowthFacts {
  readonly older: CheckpointFacts;
  readonly newer: CheckpointFacts;
}

/** Where the proof between two checkpoints comes from: a file in the form of an add-checkpoint request, or the tiles of the log. */
export type GrowthProof = { readonly request: Uint8Array } | { readonly hashes: (size: number) => HashReader };

/**
 * Verifies a `.tlog-proof` file for an entry under a policy that whoever checks has chosen.
 *
 * @param entry the entry itself; of a record and its salt it is `leafEntry`
 * @example const { holds } = await verifyProof(file, { entry: leafEntry(record, salt), policy })
 */
export async function verifyProof(
  file: Uint8Array,
  { entry, policy }: { readonly entry: Uint8Array; readonly policy: Policy },
): Promise<Verdict<ProofFacts>> {
  const report = new Report();
  const verified = await believed(report, { about: undefined, noteOf: () => parseTlogProof(file).checkpoint, policy });
  if (verified === undefined) return report.verdict();
  const { index, proof } = parseTlogProof(file);
  await report.attempt('inclusion', undefined, () => {
    const { size, root } = verified.checkpoint;
    verifyInclusion({ index, size, leafHash: leafHash(entry), proof, root });
  });
  return report.verdict({ index, ...checkpointFacts(verified, policy) });
}

/** Verifies that two checkpoints of one log tell one history. */
export async function verifyGrowth(
  { older, newer }: { readonly older: Uint8Array; readonly newer: Uint8Array },
  { policy, proof }: { readonly policy: Policy; readonly proof: GrowthProof | undefined },
): Promise<Verdict<GrowthFacts>> {
  const report = new Report();
  const [first, second] = [
    await believed(report, { about: 'older', noteOf: () => parseNote(older), policy }),
    await believed(report, { about: 'newer', noteOf: () => parseNote(newer), policy }),
  ];
  if (first === undefined || second === undefined) return report.verdict();
  await report.attempt('consistency', undefined, () => assertGrown(first.checkpoint, second, proof));
  return report.verdict({ older: checkpointFacts(first, policy), newer: checkpointFacts(second, policy) });
}

/** Verifies a checkpoint under a policy, as two rules: who signed it, and who cosigned it. */
export async function believed(
  report: Report,
  {
    about,
    noteOf,
    policy,
  }: { readonly about: string | undefined; readonly noteOf: () => Note; readonly policy: Policy },
): Promise<VerifiedCheckpoint | undefined> {
  const verified = await report.attempt('checkpoint-signature', about, () => {
    try {
      return verifyByPolicy(noteOf(), policy);
    } catch (error) {
      if (!isSeraiError(error, 'ERR_LOG_QUORUM')) throw error;
      const names = (error.detail['cosigners'] as readonly string[]).join(', ');
      throw new RuleError('witness-quorum', `${error.message} Those who did: ${names || 'none'}.`);
    }
  });
  if (verified !== undefined) await report.attempt('witness-quorum', about, () => undefined);
  return verified;
}

export function checkpointFacts(verified: VerifiedCheckpoint, policy: Policy): CheckpointFacts {
  const { origin, size, root } = verified.checkpoint;
  return { origin, size, root: root.toString('base64'), witnesses: cosignersOf(policy, verified) };
}

async function assertGrown(
  older: Checkpoint,
  { checkpoint: newer, note }: VerifiedCheckpoint,
  given: GrowthProof | undefined,
): Promise<void> {
  demand(older.origin === newer.origin, 'The checkpoints are of two logs.');
  demand(older.size <= newer.size, 'The checkpoint that was given as newer is smaller than the older one.');
  const sizes = { oldSize: older.size, oldRoot: older.root, newSize: newer.size, newRoot: newer.root };
  if (older.size === newer.size) {
    demand(
      older.root.equals(newer.root),
      'Two checkpoints of one size have different roots: the log shows two histories.',
    );
    return;
  }
  // Every log begins with the empty one.
  if (older.size === 0) return;
  demand(given !== undefined, 'There is no proof that leads from the older checkpoint to the newer one.');
  if ('hashes' in given) {
    verifyConsistency({ ...sizes, proof: await proveConsistency(older.size, newer.size, given.hashes(newer.size)) });
    return;
  }
  const { oldSize, proof, checkpoint } = parseAddCheckpoint(given.request);
  demand(oldSize === older.size, `The proof begins at size ${oldSize}, not at ${older.size}.`);
  demand(serialiseNote(checkpoint).equals(serialiseNote(note)), 'The proof leads to another checkpoint.');
  verifyConsistency({ ...sizes, proof });
}
