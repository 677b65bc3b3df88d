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
});

/**
 * What the log says of a record. Id, type and producer are what its envelope claims: nothing is verified here, since everything that stands on a topic
 * belongs into the log, forgeries too. Whoever opens the leaf verifies the envelope, whose bytes it binds. A record that holds no envelope has the
 * hash of its bytes alone.
 */
export function logRecordOf({ topic, partition, offset, value, appendedAt }: ReceivedRecord): LogRecord {
  const place = { acceptedAt: appendedAt.toISOString(), offset: offset.toString(), partition, topic };
  const [envelope, payload] = FRAME.exec(value.toString('latin1')) ?? [];
  const claimed = claimsOf(payload);
  if (envelope === undefined || claimed === undefined) return { ...place, messageHash: messageHashOf(value) };
  const { id, source: producer, type, producerseq } = claimed;
  const numbered = producerseq === undefined ? {} : { producerSequence: producerseq };
  return { ...place, messageHash: messageHashOf(envelope), id, producer, ...numbered, type };
}

function claimsOf(payload: string | undefined): z.infer<typeof claims> | undefined {
  if (payload === undefined) return undefined;
  try {
    return claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
