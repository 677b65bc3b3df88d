import { hash } from 'node:crypto';
import { SeraiError } from '#libs/errors';

/** What an inclusion proof is verified against; hashes are 32 bytes. */
export interface Inclusion {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** What a consistency proof is verified against; hashes are 32 bytes. */
export interface Consistency {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly newSize: number;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Verifies that a leaf is in a tree, by RFC 9162 section 2.1.3.2.
 *
 * @throws SeraiError ERR_LOG_PROOF
 */
export function verifyInclusion({ index, size, leafHash, proof, root }: Inclusion): void {
  if (index >= size) throw bad('index');
  let [fn, sn] = [BigInt(index), BigInt(size - 1)];
  let node: Buffer = Buffer.from(leafHash);
  for (const sibling of proof) {
    if (sn === 0n) throw bad('length');
    if ((fn & 1n) === 1n || fn === sn) {
      node = join(sibling, node);
      while ((fn & 1n) === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      node = join(node, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n || !node.equals(root)) throw bad('root');
}

/**
 * Verifies that a tree is an extension of an older one, by RFC 9162 section 2.1.4.2.
 *
 * @throws SeraiError ERR_LOG_PROOF
 */
export function verifyConsistency({ oldSize, oldRoot, newSize, newRoot, proof }: Consistency): void {
  if (oldSize <= 0 || oldSize >= newSize) throw bad('size');
  const [first, ...rest] = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof;
  if (first === undefined || proof.length === 0) throw bad('length');
  let [fn, sn] = [BigInt(oldSize - 1), BigInt(newSize - 1)];
  while ((fn & 1n) === 1n) [fn, sn] = [fn >> 1n, sn >> 1n];
  let older: Buffer = Buffer.from(first);
  let newer = older;
  for (const sibling of rest) {
    if (sn === 0n) throw bad('length');
    if ((fn & 1n) === 1n || fn === sn) {
      older = join(sibling, older);
      newer = join(sibling, newer);
      while ((fn & 1n) === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      newer = join(newer, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n || !older.equals(oldRoot) || !newer.equals(newRoot)) throw bad('root');
}

function isPowerOfTwo(size: number): boolean {
  return (BigInt(size) & BigInt(size - 1)) === 0n;
}

function join(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([Buffer.of(0x01), left, right]), 'buffer');
}

function bad(step: string): SeraiError {
  return new SeraiError('ERR_LOG_PROOF', 'The Merkle proof does not verify.', { detail: { step } });
}
