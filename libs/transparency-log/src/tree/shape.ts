import { SeraiError } from '#libs/errors';

// Sizes and indices are `number`s up to 2^53 - 1, which at a million leaves a second last for 285 years. Every one is checked where it comes in, and only
// halved, doubled and subtracted after that, so that all arithmetic is exact; the bitwise operators, which cut off at 32 bits, are not used.

/** The largest tree: 2^53 - 1 leaves. Larger sizes are refused, never rounded. */
export const MAX_TREE_SIZE = Number.MAX_SAFE_INTEGER;

/** A node whose leaves are all there: the hash over leaves `index * 2^level` up to, not with, `(index + 1) * 2^level`. Leaves are level 0. */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/** Consecutive leaves: `begin` up to, not with, `end`. */
export interface LeafRange {
  readonly begin: number;
  readonly end: number;
}

export function isOdd(value: number): boolean {
  return value % 2 === 1;
}

export function half(value: number): number {
  return Math.floor(value / 2);
}

/** Whether a tree can have this size. */
export function isTreeSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

/** @throws SeraiError ERR_LOG_RANGE unless `0 <= size <= 2^53 - 1` */
export function requireTreeSize(size: number): void {
  if (!isTreeSize(size)) throw outOfRange('A tree has 0 to 2^53 - 1 leaves.', { size });
}

/** The error for what a tree of this size does not have. */
export function outOfRange(message: string, detail: Readonly<Record<string, unknown>>): SeraiError {
  return new SeraiError('ERR_LOG_RANGE', message, { detail });
}

/**
 * The complete nodes that cover a range, from left to right, with the fewest nodes; at most 105.
 *
 * @example nodesOfRange({ begin: 0, end: 7 }) // [{ level: 2, index: 0 }, { level: 1, index: 2 }, { level: 0, index: 6 }]
 */
export function nodesOfRange({ begin, end }: LeafRange): TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let next = begin; next < end; ) {
    let node: TreeNode = { level: 0, index: next };
    let leaves = 1;
    while (!isOdd(node.index) && 2 * leaves <= end - next) {
      node = { level: node.level + 1, index: half(node.index) };
      leaves *= 2;
    }
    nodes.push(node);
    next += leaves;
  }
  return nodes;
}

/**
 * The subtrees beside the path from one leaf to the root, from the leaf up.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.1 PATH(m, D[n])
 */
export function rangesOfInclusion(index: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let [begin, end] = [0, size];
  while (end - begin > 1) {
    const middle = begin + splitOf(end - begin);
    if (index < middle) {
      ranges.push({ begin: middle, end });
      end = middle;
    } else {
      ranges.push({ begin, end: middle });
      begin = middle;
    }
  }
  return ranges.reverse();
}

/**
 * The subtrees that lead from the root of `oldSize` leaves to the root of `newSize` leaves, from the last old leaf up.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.2 SUBPROOF(m, D[n], true)
 */
export function rangesOfConsistency(oldSize: number, newSize: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let [begin, end] = [0, newSize];
  while (end !== oldSize) {
    const middle = begin + splitOf(end - begin);
    if (oldSize <= middle) {
      ranges.push({ begin: middle, end });
      end = middle;
    } else {
      ranges.push({ begin, end: middle });
      begin = middle;
    }
  }
  // A subtree that begins with the first leaf is the whole old tree, whose root the verifier has.
  if (begin !== 0) ranges.push({ begin, end });
  return ranges.reverse();
}

/** The largest power of two smaller than `size`, which is at least 2. */
function splitOf(size: number): number {
  let split = 1;
  while (2 * split < size) split *= 2;
  return split;
}
