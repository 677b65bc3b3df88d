import { z } from 'zod';
import { instant, partyUrn, producerSequence, sha256, uuid7 } from '#libs/contracts';
import { parseStrictJson } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { type LeafOpening, SALT_BYTES } from './log-record.js';

export const leafOpening = z.strictObject({
  index: z.number().int().nonnegative(),
  record: z.strictObject({
    acceptedAt: instant,
    id: uuid7.optional(),
    messageHash: sha256,
    offset: z.string().regex(/^(0|[1-9]\d{0,18})$/),
    partition: z.number().int().nonnegative(),
    producer: partyUrn.optional(),
    producerSequence: producerSequence.optional(),
    topic: z.string().min(1).max(249),
    type: z.string().min(1).max(200).optional(),
  }),
  /** 32 bytes, base64url. */
  salt: sha256,
});

/** Largest opening in bytes. */
const MAX_OPENING_BYTES = 4_096;

/**
 * The JSON text of a leaf opening, as it lies in evidence packs and exports: `{"index", "record", "salt"}`, the salt in base64url.
 *
 * @example serialiseLeafOpening({ index: 7, record, salt })
 */
export function serialiseLeafOpening({ index, record, salt }: LeafOpening): string {
  return JSON.stringify({ index, record, salt: Buffer.from(salt).toString('base64url') });
}

/**
 * Reads {@link serialiseLeafOpening}'s text.
 *
 * @throws SeraiError ERR_EVIDENCE_OPENING
 */
export function parseLeafOpening(text: Uint8Array): LeafOpening {
  if (text.length > MAX_OPENING_BYTES) throw unreadable();
  const parsed = leafOpening.safeParse(parseStrictJson(text, 'ERR_EVIDENCE_OPENING'));
  if (!parsed.success) throw unreadable(parsed.error);
  const { index, record, salt } = parsed.data;
  const bytes = Buffer.from(salt, 'base64url');
  if (bytes.length !== SALT_BYTES) throw unreadable();
  return { index, record, salt: bytes };
}

function unreadable(cause?: unknown): SeraiError {
  return new SeraiError(
    'ERR_EVIDENCE_OPENING',
    'The leaf opening is not {"index", "record", "salt"} in its one form.',
    {
      cause,
    },
  );
}
