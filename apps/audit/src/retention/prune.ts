import type { Checkpoint } from '#libs/transparency-log';
import type { RetentionRepository } from './retention.repository.js';

const AT_ONCE = 10_000;
const DAY_MS = 86_400_000;

/** What a prune did, or would do. */
export interface PruneReport {
  /** Leaves from this one up to, not with, the next are decided to be pruned; the same where there is nothing to decide. */
  readonly begin: number;
  readonly end: number;
  readonly acceptedBefore: string;
  /** Salts that were destroyed, or would be; also those of earlier decisions that had come back or were left. */
  readonly salts: number;
  readonly dryRun: boolean;
}

export interface PruneOptions {
  readonly repository: RetentionRepository;
  readonly retentionDays: number;
  /** Witnessed: nothing behind it is pruned. */
  readonly head: Checkpoint;
  readonly dryRun: boolean;
  readonly now: Date;
  /** Told now and then how many leaves are done. */
  readonly onProgress: (leaves: number) => void;
}

/**
 * Destroys the salts of the oldest leaves, up to the first one that is younger than the policy or that is not under the witnessed head: from then on nobody at the hub
 * can tell or prove what they stand for. Leaves, tiles and proofs stay. The decision is durable before the first salt goes; who is interrupted begins where it stopped.
 */
export async function prune(options: PruneOptions): Promise<PruneReport> {
  const { repository, retentionDays, head, dryRun, now, onProgress } = options;
  const acceptedBefore = new Date(now.getTime() - retentionDays * DAY_MS);
  const begin = await repository.prunedTo();
  const young = (await repository.firstSince(acceptedBefore)) ?? head.size;
  const end = Math.max(begin, Math.min(young, head.size));
  const report = { begin, end, acceptedBefore: acceptedBefore.toISOString(), dryRun };
  if (dryRun) return { ...report, salts: await repository.countSalts(0, end) };
  if (end > begin) await repository.decide({ begin, end, acceptedBefore, retentionDays, head });
  let salts = 0;
  for (
    let from = await repository.firstSalt(0, end);
    from !== undefined;
    from = await repository.firstSalt(from, end)
  ) {
    salts += await repository.destroySalts(from, Math.min(end, from + AT_ONCE));
    onProgress(Math.min(end, from + AT_ONCE));
  }
  if (salts > 0) await repository.vacuum();
  return { ...report, salts };
}
