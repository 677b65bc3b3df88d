import { SeraiError } from '#libs/errors';
import { TILE_WIDTH } from './tile-path.js';

/** The longest entry of a bundle in bytes: its length is written in 16 bits. */
export const MAX_ENTRY_BYTES = 0xffff;

const LENGTH_BYTES = 2;

/**
 * Writes entries as a bundle: each after its length, two bytes big-endian.
 *
 * @param entries 1 to 256, at most 65,535 bytes each
 * @see https://c2sp.org/tlog-tiles#log-entries
 * @throws SeraiError ERR_LOG_RANGE for another number of entries or a longer one
 * @example encodeEntryBundle([Buffer.from('an entry')])
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Buffer {
  if (entries.length < 1 || entries.length > TILE_WIDTH)
    throw new SeraiError('ERR_LOG_RANGE', 'A bundle has 1 to 256 entries.', { detail: { entries: entries.length } });
  const bundle = Buffer.allocUnsafe(entries.reduce((bytes, entry) => bytes + bytesOf(entry), 0));
  let next = 0;
  for (const entry of entries) {
    next = bundle.writeUInt16BE(entry.byteLength, next);
    bundle.set(entry, next);
    next += entry.byteLength;
  }
  return bundle;
}

/**
 * Reads a bundle of exactly `width` entries.
 *
 * @param width how many the path says: 256 without `.p/`
 * @returns the entries, as views of `bytes`
 * @throws SeraiError ERR_LOG_TILE when the bytes end too early or go on after the last entry
 */
export function decodeEntryBundle(bytes: Uint8Array, width: number): Buffer[] {
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH)
    throw new SeraiError('ERR_LOG_RANGE', 'A bundle has 1 to 256 entries.', { detail: { width } });
  const bundle = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Buffer[] = [];
  let next = 0;
  for (let place = 0; place < width; place += 1) {
    if (next + LENGTH_BYTES > bundle.length) throw broken(width, place);
    const begin = next + LENGTH_BYTES;
    next = begin + bundle.readUInt16BE(next);
    entries.push(bundle.subarray(begin, next));
  }
  // Too many bytes, or too few for the last entry.
  if (next !== bundle.length) throw broken(width, width);
  return entries;
}

/** What an entry takes in a bundle. */
function bytesOf(entry: Uint8Array): number {
  if (entry.byteLength > MAX_ENTRY_BYTES)
    throw new SeraiError('ERR_LOG_RANGE', 'An entry has at most 65,535 bytes.', {
      detail: { bytes: entry.byteLength },
    });
  return LENGTH_BYTES + entry.byteLength;
}

function broken(width: number, place: number): SeraiError {
  return new SeraiError('ERR_LOG_TILE', 'The entry bundle does not have as many entries as it should.', {
    detail: { width, place },
  });
}
