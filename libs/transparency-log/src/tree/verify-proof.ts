import { SeraiError } from '#libs/errors';
import { isHash, nodeHash } from './hashing.js';
import { half, isOdd, isTreeSize } from './shape.js';

/** An inclusion proof and what it is verified against; hashes are 32 bytes. */
export interface Inclusion {
  /** Of the leaf, from 0. */
  readonly index: number;
  /** Number of leaves of the tree. */
  readonly size: number;
  readonly leafHash: Uint8Array;
  /** From the leaf's sibling up to the root's child. */
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** A consistency proof and what it is verified against; hashes are 32 bytes. */
export interface Consistency {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly newSize: number;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Verifies that a leaf is in a tree. The number of hashes follows from index and size; any other is refused before anything is hashed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2
 * @throws SeraiError ERR_LOG_PROOF
 * @example verifyInclusion({ index: 0, size: 2, leafHash: first, proof: [second], root: nodeHash(first, second) })
 */
export function verifyInclusion({ index, size, leafHash, proof, root }: Inclusion): void {
  if (!isTreeSize(index) || !isTreeSize(size) || index >= size) throw bad('index');
  const sides = siblingSides(index, size - 1);
  if (proof.length !== sides.length) throw bad('length');
  if (![leafHash, root, ...proof].every(isHash)) throw bad('hash');
  let node = leafHash;
  for (const [step, sibling] of proof.entries()) {
    node = sides[step] === 'left' ? nodeHash(sibling, node) : nodeHash(node, sibling);
  }
  if (!areEqual(node, root)) throw bad('root');
}

/**
 * Verifies that a tree begins with all leaves of an older one, in their order. A tree is consistent with itself, by an empty proof. The tree without leaves is
 * not compared with: everything begins with nothing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.4.2
 * @throws SeraiError ERR_LOG_PROOF
 * @example verifyConsistency({ oldSize: 1, oldRoot: first, newSize: 2, newRoot: nodeHash(first, second), proof: [second] })
 */
export function verifyConsistency({ oldSize, oldRoot, newSize, newRoot, proof }: Consistency): void {
  if (!isTreeSize(oldSize) || !isTreeSize(newSize) || oldSize < 1 || oldSize > newSize) throw bad('size');
  if (![oldRoot, newRoot].every(isHash)) throw bad('hash');
  if (oldSize === newSize) {
    if (proof.length > 0) throw bad('length');
    if (!areEqual(oldRoot, newRoot)) throw bad('root');
    return;
  }
  let [fn, sn] = [oldSize - 1, newSize - 1];
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)];
  const sides = siblingSides(fn, sn);
  // An old tree that is one complete subtree is itself where the proof begins.
  const [first, ...siblings] = fn === 0 ? [oldRoot, ...proof] : proof;
  if (first === undefined || siblings.length !== sides.length) throw bad('length');
  if (!proof.every(isHash)) throw bad('hash');
  let [older, newer] = [first, first];
  for (const [step, sibling] of siblings.entries()) {
    if (sides[step] === 'left') older = nodeHash(sibling, older);
    newer = sides[step] === 'left' ? nodeHash(sibling, newer) : nodeHash(newer, sibling);
  }
  if (!areEqual(older, oldRoot) || !areEqual(newer, newRoot)) throw bad('root');
}

/**
 * On which side of the path each hash of a proof stands, from the bottom up: the loops of RFC 9162 without their hashes. `fn` is the node that the path
 * begins with and `sn` the last node of its level; at most 53 steps.
 */
function siblingSides(fn: number, sn: number): ('left' | 'right')[] {
  const sides: ('left' | 'right')[] = [];
  while (sn > 0) {
    if (isOdd(fn) || fn === sn) {
      sides.push('left');
      // A last node without a sibling is its own parent.
      while (!isOdd(fn) && fn > 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      sides.push('right');
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sides;
}

function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

function bad(step: string): SeraiError {
  return new SeraiError('ERR_LOG_PROOF', 'The Merkle proof does not verify.', { detail: { step } });
}
