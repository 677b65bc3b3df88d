import type { DirectoryChange } from '#libs/contracts';
import { SeraiError } from '#libs/errors';

const HOUR_MS = 3_600_000;
/** Chairs sign in minutes, clocks differ by less. */
const MAX_LATENESS_MS = HOUR_MS;
const MAX_AHEAD_MS = 2 * 366 * 24 * HOUR_MS;

/**
 * Asserts that a change begins when it may: nobody rewrites what held before, and nobody fills the far future. Only the end of a key may lie in the
 * past: whoever reports a theft says when it was. Founding changes are older than the directory and are not judged by this.
 *
 * @throws SeraiError ERR_DIRECTORY_MOMENT
 */
export function assertMoment({ kind, effectiveFrom }: DirectoryChange, now: Date): void {
  const ahead = Date.parse(effectiveFrom) - now.getTime();
  if (ahead > MAX_AHEAD_MS) throw outOfBounds('more than two years ahead');
  if (ahead < -MAX_LATENESS_MS && kind !== 'key-status-changed') throw outOfBounds('more than an hour in the past');
}

function outOfBounds(where: string): SeraiError {
  return new SeraiError('ERR_DIRECTORY_MOMENT', `The change would hold from an instant ${where}. Sign it anew.`);
}
