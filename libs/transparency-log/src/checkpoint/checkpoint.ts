import { decodeHash, malformed, parseDecimal } from '../text.js';

/** The head of a log: the text of a checkpoint, taken apart. */
export interface Checkpoint {
  /** The log's identity: not empty, one line. */
  readonly origin: string;
  /** Number of leaves, at most 2^53 - 1. */
  readonly size: number;
  /** Merkle tree hash of RFC 6962 over these leaves, 32 bytes. */
  readonly root: Buffer;
  /** Opaque lines that no auditor can check; our logs have none. */
  readonly extensions: readonly string[];
}

/** Longest text of a checkpoint, in UTF-16 units: each signature of a note costs time in proportion to it. */
export const MAX_CHECKPOINT_LENGTH = 65_536;

/**
 * Takes the text of a checkpoint apart.
 *
 * @param text text of a note, up to and with its last line feed
 * @see https://c2sp.org/tlog-checkpoint#note-text
 * @throws SeraiError ERR_LOG_MALFORMED for more than {@link MAX_CHECKPOINT_LENGTH}, empty or missing lines, a size with leading zeros or beyond 2^53 - 1, a root that is not 32 bytes
 * @example parseCheckpoint('example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n').size // 20852163
 */
export function parseCheckpoint(text: string): Checkpoint {
  if (text.length > MAX_CHECKPOINT_LENGTH) throw malformed('checkpoint', 'length');
  if (!text.endsWith('\n')) throw malformed('checkpoint', 'last line');
  const [origin = '', decimal = '', hash = '', ...extensions] = text.slice(0, -1).split('\n');
  if (origin === '' || extensions.includes('')) throw malformed('checkpoint', 'empty line');
  const size = parseDecimal(decimal);
  if (size === undefined) throw malformed('checkpoint', 'size');
  const root = decodeHash(hash);
  if (root === undefined) throw malformed('checkpoint', 'root');
  return { origin, size, root, extensions };
}

/**
 * The text of a checkpoint, to be signed.
 *
 * @throws SeraiError ERR_LOG_MALFORMED when it would not come back from {@link parseCheckpoint} as it is
 */
export function serialiseCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  const text = `${[origin, String(size), root.toString('base64'), ...extensions].join('\n')}\n`;
  const read = parseCheckpoint(text);
  if (read.origin !== origin || read.extensions.length !== extensions.length)
    throw malformed('checkpoint', 'line feed');
  return text;
}
