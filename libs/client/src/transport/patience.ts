import { setTimeout as sleep } from 'node:timers/promises';

/** How long to go on when the other side does not answer, and who may end the wait. */
export interface Patience {
  /** Milliseconds from the first failure after which the last one is thrown. */
  readonly ms: number;
  readonly signal?: AbortSignal;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

/** Thrown by an attempt that may be repeated; `afterMs` is what the other side asked to wait. */
export class TryAgain extends Error {
  constructor(
    readonly reason: unknown,
    readonly afterMs?: number,
  ) {
    super('try again');
  }
}

/** Repeats `attempt` while it throws {@link TryAgain} and the patience lasts; then throws the reason of the last one. */
export async function repeatWithPatience<T>(patience: Patience, attempt: () => Promise<T>): Promise<T> {
  const end = Date.now() + patience.ms;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error;
      const pause = error.afterMs ?? wait;
      if (patience.signal?.aborted || Date.now() + pause > end) throw error.reason;
      await sleep(pause, undefined, { signal: patience.signal });
    }
  }
}
