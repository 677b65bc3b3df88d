import { setTimeout as pause } from 'node:timers/promises';
import { SeraiError } from '#libs/errors';

/**
 * Asks again while the broker answers with what passes: a topic that was just created, or whose leader just moved, has no leader for a moment, and
 * kafkajs' admin does not wait that out.
 */
export async function withPatience<T>(ms: number, ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    try {
      return await ask();
    } catch (cause) {
      if (!isPassing(cause)) throw cause;
      if (Date.now() > deadline) throw unavailable(cause);
    }
    await pause(50);
  }
}

/** Of what kafkajs calls not retriable, these pass too: the second is what it says of a broker that has just made its topic of groups. */
const PASSING = ['KafkaJSNumberOfRetriesExceeded', 'KafkaJSGroupCoordinatorNotFound'];

function isPassing(error: unknown): boolean {
  const { name = '', retriable } = error as { name?: string; retriable?: boolean };
  return retriable === true || PASSING.includes(name);
}

function unavailable(cause: unknown): SeraiError {
  return new SeraiError(
    'ERR_BROKER_UNAVAILABLE',
    'The broker does not answer for a topic. Create it, or try again later.',
    {
      cause,
    },
  );
}
