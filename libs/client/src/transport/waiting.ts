import { setTimeout as sleep } from 'node:timers/promises';
import { SeraiError } from '#libs/errors';
import { SeraiProblem } from '../serai-problem.js';

/** What to wait for; throws `ERR_UPSTREAM_UNAVAILABLE` when `timeoutMs` (30 s unless given) have passed. */
export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const POLL_MS = { first: 25, longest: 500 };
const WAIT_MS = 30_000;

/** Looks again and again until what is seen is as asked. */
export async function waitUntil<T>(
  look: () => Promise<T | undefined>,
  isSo: (seen: T) => boolean,
  options: WaitOptions,
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? WAIT_MS;
  const end = Date.now() + timeoutMs;
  for (let wait = POLL_MS.first; ; wait = Math.min(wait * 1.5, POLL_MS.longest)) {
    // Not visible yet is a reason to wait, not to fail: an incoming leg is on its way.
    const seen = await look().catch((error: unknown) => ignoreNotFound(error));
    if (seen !== undefined && isSo(seen)) return seen;
    if (Date.now() > end) {
      throw new SeraiError(
        'ERR_UPSTREAM_UNAVAILABLE',
        `What was waited for did not happen within ${timeoutMs / 1000} s.`,
      );
    }
    await sleep(wait, undefined, { signal: options.signal });
  }
}

function ignoreNotFound(error: unknown): undefined {
  if (error instanceof SeraiProblem && error.code === 'ERR_REQUEST_NOT_FOUND') return undefined;
  throw error;
}
