import { SeraiError } from '#libs/errors';

/** The log publishes once a second while it grows. */
const AGAIN_AFTER_SECONDS = 2;

/** What is asked for cannot be proven yet. */
export function evidencePending(why: string): SeraiError {
  return new SeraiError('ERR_EVIDENCE_PENDING', why, { retryAfterSeconds: AGAIN_AFTER_SECONDS });
}
