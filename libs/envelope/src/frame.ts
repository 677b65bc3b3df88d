import { SeraiError } from '#libs/errors';

/** Record value of a `<domain>.events` topic, taken apart. */
export interface EventFrame {
  readonly eventJws: string;
  /** The envelope that caused the event, as its sender signed it. */
  readonly causeJws?: string;
}

const compactJws = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Record value of a `<domain>.events` topic: the service's envelope and, after a line feed, the envelope that caused it. */
export function frameEvent(eventJws: string, causeJws?: string): Buffer {
  return Buffer.from(causeJws === undefined ? eventJws : `${eventJws}\n${causeJws}`, 'latin1');
}

/**
 * Takes a record value apart. Neither envelope is verified here.
 *
 * @param maxBytes largest value in bytes
 * @throws SeraiError ERR_RECORD_MALFORMED
 */
export function parseFrame(value: Uint8Array, maxBytes: number): EventFrame {
  if (value.length > maxBytes) throw malformed('size');
  const [eventJws, causeJws, ...rest] = Buffer.from(value).toString('latin1').split('\n', 3);
  if (eventJws === undefined || !compactJws.test(eventJws) || rest.length > 0) throw malformed('event');
  if (causeJws === undefined) return { eventJws };
  if (!compactJws.test(causeJws)) throw malformed('cause');
  return { eventJws, causeJws };
}

function malformed(step: string): SeraiError {
  return new SeraiError('ERR_RECORD_MALFORMED', 'The record must hold one envelope, or an event and its cause.', {
    detail: { step },
  });
}
