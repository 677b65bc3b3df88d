import { SeraiError } from '#libs/errors';
import type { KeptAct } from './idempotency.repository.js';

/**
 * The answer of an earlier act with the same key.
 *
 * @throws SeraiError ERR_REQUEST_IDEMPOTENCY_CONFLICT when its body was another
 */
export function answerOf<Answer>(earlier: KeptAct, fingerprint: string): Answer {
  if (earlier.fingerprint === fingerprint) return earlier.answer as Answer;
  throw new SeraiError(
    'ERR_REQUEST_IDEMPOTENCY_CONFLICT',
    'This idempotency key was used with another body. Take a new one.',
  );
}
