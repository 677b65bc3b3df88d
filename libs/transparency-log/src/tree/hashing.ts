import { hash } from 'node:crypto';
import { SeraiError } from '#libs/errors';

/** Size of every hash of the tree: SHA-256. */
export const HASH_BYTES = 32;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** Root of the tree without leaves: SHA-256 of nothing, 32 bytes. */
export const EMPTY_ROOT: Buffer = sha256(Buffer.alloc(0));

/**
 * Hash of a leaf: SHA-256 over the byte 0x00 and the entry. The prefix keeps leaves and nodes apart, so that no entry can pose as a node.
 *
 * @param entry the entry's bytes, of any length
 * @returns 32 bytes
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1
 * @example leafHash(Buffer.from('an entry'))
 */
export function leafHash(entry: Uint8Array): Buffer {
  const leaf = Buffer.allocUnsafe(1 + entry.byteLength);
  leaf[0] = LEAF_PREFIX;
  leaf.set(entry, 1);
  return sha256(leaf);
}

/**
 * Hash of a node: SHA-256 over the byte 0x01 and the hashes of its two children, 32 bytes each.
 *
 * @returns 32 bytes
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1
 * @throws SeraiError ERR_LOG_MALFORMED for a hash that is not 32 bytes
 * @example nodeHash(leafHash(first), leafHash(second))
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  requireHash(left);
  requireHash(right);
  const node = Buffer.allocUnsafe(1 + 2 * HASH_BYTES);
  node[0] = NODE_PREFIX;
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  return sha256(node);
}

/**
 * Merkle tree hash of leaves whose complete subtrees are given from left to right, each smaller than the one before it.
 *
 * @returns 32 bytes; {@link EMPTY_ROOT} when there are none
 */
export function rootOfSubtrees(hashes: readonly Uint8Array[]): Buffer {
  const last = hashes.at(-1);
  if (last === undefined) return Buffer.from(EMPTY_ROOT);
  return hashes.slice(0, -1).reduceRight<Buffer>((right, left) => nodeHash(left, right), Buffer.from(last));
}

/** SHA-256, 32 bytes. Node makes a string of a hash much faster than a buffer of its own, and a small buffer of a string out of its pool. */
function sha256(bytes: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', bytes, 'binary'), 'binary');
}

/** Whether these bytes have the size of a hash. */
export function isHash(bytes: Uint8Array): boolean {
  return bytes.byteLength === HASH_BYTES;
}

/** @throws SeraiError ERR_LOG_MALFORMED for a hash that is not 32 bytes */
export function requireHash(bytes: Uint8Array): void {
  if (isHash(bytes)) return;
  throw new SeraiError('ERR_LOG_MALFORMED', 'A hash of the tree has 32 bytes.', {
    detail: { bytes: bytes.byteLength },
  });
}
