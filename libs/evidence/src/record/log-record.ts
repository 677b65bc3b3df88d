import { hash } from 'node:crypto';
import { SeraiError } from '#libs/errors';

/** What the log commits to of one record of a topic. Members that the record's envelope would have named are absent where the record holds none. */
export interface LogRecord {
  /** When the broker appended it: RFC 3339, UTC, milliseconds. */
  readonly acceptedAt: string;
  /** Id of the envelope. */
  readonly id?: string;
  /** SHA-256 of the envelope's compact JWS, or of the whole value where it holds no envelope; base64url. */
  readonly messageHash: string;
  /** Offset in its partition, decimal. */
  readonly offset: string;
  readonly partition: number;
  /** URN of whoever signed the envelope, as it says. */
  readonly producer?: string;
  /** Number of the envelope in its producer's chain, decimal. */
  readonly producerSequence?: string;
  /** Without the prefix of a deployment. */
  readonly topic: string;
  /** Message type of the envelope. */
  readonly type?: string;
}

/** What opens a leaf: whoever has it can tell which record the leaf stands for. */
export interface LeafOpening {
  /** Place of the leaf in the log, from 0. */
  readonly index: number;
  readonly record: LogRecord;
  /** 32 random bytes, of this leaf alone. */
  readonly salt: Uint8Array;
}

/** Length of the salt of a leaf in bytes. */
export const SALT_BYTES = 32;

/** First byte of a leaf entry: which form it has. */
const ENTRY_VERSION = 1;
const HASH_BLOCK_BYTES = 64;
const HASH_BYTES = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/**
 * The one text of a record. JSON of ECMAScript, with sorted members and well-formed strings, is the canonical form of RFC 8785.
 *
 * @throws SeraiError ERR_LOG_MALFORMED for text that is no Unicode, and for a partition that is no whole number
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalRecord(record: LogRecord): Buffer {
  const { acceptedAt, id, messageHash, offset, partition, producer, producerSequence, topic, type } = record;
  if (!Number.isSafeInteger(partition) || partition < 0) throw malformed('partition');
  // In the order of RFC 8785 section 3.2.3; what is undefined is left out.
  const members = { acceptedAt, id, messageHash, offset, partition, producer, producerSequence, topic, type };
  for (const [name, value] of Object.entries(members)) {
    if (typeof value === 'string' && !value.isWellFormed()) throw malformed(name);
  }
  return Buffer.from(JSON.stringify(members));
}

/**
 * What stands in the log for a record: it tells nothing to whoever lacks the salt, and can stand for no other record.
 *
 * @param salt {@link SALT_BYTES} random bytes
 * @returns a version byte, 1, and HMAC-SHA256 of the canonical record under the salt: 33 bytes
 * @throws SeraiError ERR_LOG_MALFORMED for another salt or a record without canonical form
 * @example leafHash(leafEntry(opening.record, opening.salt))
 */
export function leafEntry(record: LogRecord, salt: Uint8Array): Buffer {
  if (salt.length !== SALT_BYTES) throw malformed('salt');
  const code = hmacSha256(salt, canonicalRecord(record));
  return Buffer.concat([Buffer.of(ENTRY_VERSION), code]);
}

/** HMAC of RFC 2104 with a key of 32 bytes, from whole hashes: Node's own takes nine microseconds to begin. */
function hmacSha256(key: Uint8Array, message: Uint8Array): Buffer {
  const inner = Buffer.alloc(HASH_BLOCK_BYTES + message.length, INNER_PAD);
  const outer = Buffer.alloc(HASH_BLOCK_BYTES + HASH_BYTES, OUTER_PAD);
  for (let place = 0; place < key.length; place += 1) {
    inner[place] = key[place]! ^ INNER_PAD;
    outer[place] = key[place]! ^ OUTER_PAD;
  }
  inner.set(message, HASH_BLOCK_BYTES);
  outer.set(Buffer.from(hash('sha256', inner, 'base64url'), 'base64url'), HASH_BLOCK_BYTES);
  return Buffer.from(hash('sha256', outer, 'base64url'), 'base64url');
}

/** SHA-256 of bytes as {@link LogRecord.messageHash} has it. */
export function messageHashOf(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'base64url');
}

function malformed(step: string): SeraiError {
  return new SeraiError('ERR_LOG_MALFORMED', 'This record has no leaf in the log.', {
    detail: { what: 'record', step },
  });
}
