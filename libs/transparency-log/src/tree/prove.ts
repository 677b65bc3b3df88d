import { SeraiError } from '#libs/errors';
import { rootOfSubtrees } from './hashing.js';
import {
  type LeafRange,
  nodesOfRange,
  outOfRange,
  rangesOfConsistency,
  rangesOfInclusion,
  requireTreeSize,
  type TreeNode,
} from './shape.js';

/** Gets the hashes of complete nodes, 32 bytes each, in the order asked for; all of one proof in one call, so that they can be fetched together. */
export type HashReader = (nodes: readonly TreeNode[]) => Promise<readonly Uint8Array[]>;

/**
 * Builds the proof that a leaf is in a tree, from the leaf's sibling up to the root's child. Verify it before handing it out: stored hashes may be damaged.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.1
 * @throws SeraiError ERR_LOG_RANGE unless `0 <= index < size`; and what `readHashes` throws
 * @example const proof = await proveInclusion(73894, 109482, tileHashReader(109482, fetchTile))
 */
export async function proveInclusion(index: number, size: number, readHashes: HashReader): Promise<Buffer[]> {
  requireTreeSize(size);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size)
    throw outOfRange('The tree has no such leaf.', { index, size });
  return hashesOfRanges(rangesOfInclusion(index, size), readHashes);
}

/**
 * Builds the proof that a tree begins with all leaves of an older one; empty for a tree and itself. Verify it before handing it out.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1.2
 * @throws SeraiError ERR_LOG_RANGE unless `1 <= oldSize <= newSize`; and what `readHashes` throws
 */
export async function proveConsistency(oldSize: number, newSize: number, readHashes: HashReader): Promise<Buffer[]> {
  requireTreeSize(newSize);
  if (!Number.isSafeInteger(oldSize) || oldSize < 1 || oldSize > newSize)
    throw outOfRange('There is no proof between trees of these sizes.', { oldSize, newSize });
  return hashesOfRanges(rangesOfConsistency(oldSize, newSize), readHashes);
}

/**
 * The root of the tree of the first `size` leaves, 32 bytes.
 *
 * @throws SeraiError ERR_LOG_RANGE for what is no size; and what `readHashes` throws
 */
export async function readRoot(size: number, readHashes: HashReader): Promise<Buffer> {
  requireTreeSize(size);
  return rootOfSubtrees(await readNodes(nodesOfRange({ begin: 0, end: size }), readHashes));
}

/** @throws SeraiError ERR_LOG_TILE when another number of hashes comes back than was asked for */
export async function readNodes(nodes: readonly TreeNode[], readHashes: HashReader): Promise<readonly Uint8Array[]> {
  if (nodes.length === 0) return [];
  const hashes = await readHashes(nodes);
  if (hashes.length === nodes.length) return hashes;
  throw new SeraiError('ERR_LOG_TILE', 'Not as many hashes were read as were asked for.', {
    detail: { asked: nodes.length, read: hashes.length },
  });
}

async function hashesOfRanges(ranges: readonly LeafRange[], readHashes: HashReader): Promise<Buffer[]> {
  const nodesOfEach = ranges.map(nodesOfRange);
  const hashes = await readNodes(nodesOfEach.flat(), readHashes);
  let next = 0;
  return nodesOfEach.map(({ length }) => {
    next += length;
    return rootOfSubtrees(hashes.slice(next - length, next));
  });
}
