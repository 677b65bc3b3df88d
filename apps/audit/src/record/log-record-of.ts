import { z } from 'zod';
import { partyUrn, producerSequence, uuid7 } from '#libs/contracts';
import { type LogRecord, messageHashOf } from '#libs/evidence';
import type { ReceivedRecord } from '#libs/messaging';

/** A compact JWS, and perhaps the envelope that caused it behind a line feed. */
const FRAME = /^[\w-]+\.([\w-]+)\.[\w-]+(?=\n|$)/;

const claims = z.object({
  id: uuid7,
  source: partyUrn,
  type: z.string().min(1).max(200),
  producerseq: producerSequence.optional(),
  // Nonsense in these makes no less of an envelope of it.
  time: z.unknown().optional(),
  producerprev: z.unknown().optional(),
});

/** What an envelope claims beside what the log says of it. */
export interface Claimed {
  /** When the broker appended the record, in ms since 1970. */
  readonly appendedAt: number;
  /** When the envelope was made; NaN where it names no time. */
  readonly madeAt: number;
  /** Hash of the producer's envelope before it; empty where it names none. */
  readonly previous: string;
}

/** A record as the log sees it. */
export interface ReadRecord {
  readonly record: LogRecord;
  readonly claimed: Claimed;
}

/**
 * What the log says of a record. Id, type and producer are what its envelope claims: nothing is verified here, since everything that stands on a topic
 * belongs into the log, forgeries too. Whoever opens the leaf verifies the envelope, whose bytes it binds. A record that holds no envelope has the
 * hash of its bytes alone.
 */
export function logRecordOf(received: ReceivedRecord): LogRecord {
  return readRecord(received).record;
}

/** The same, with what is looked at once and kept nowhere. */
export function readRecord({ topic, partition, offset, value, appendedAt }: ReceivedRecord): ReadRecord {
  const place = { acceptedAt: appendedAt.toISOString(), offset: offset.toString(), partition, topic };
  const [envelope, payload] = FRAME.exec(value.toString('latin1')) ?? [];
  const claimed = claimsOf(payload);
  if (envelope === undefined || claimed === undefined)
    return {
      record: { ...place, messageHash: messageHashOf(value) },
      claimed: { appendedAt: appendedAt.getTime(), madeAt: Number.NaN, previous: '' },
    };
  const { id, source: producer, type, producerseq, time, producerprev } = claimed;
  const numbered = producerseq === undefined ? {} : { producerSequence: producerseq };
  return {
    record: { ...place, messageHash: messageHashOf(envelope), id, producer, ...numbered, type },
    claimed: { appendedAt: appendedAt.getTime(), madeAt: momentOf(time), previous: textOf(producerprev) },
  };
}

function claimsOf(payload: string | undefined): z.infer<typeof claims> | undefined {
  if (payload === undefined) return undefined;
  try {
    return claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

const textOf = (claim: unknown): string => (typeof claim === 'string' ? claim : '');

const momentOf = (claim: unknown): number => Date.parse(textOf(claim));
