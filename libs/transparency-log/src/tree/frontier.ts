import { nodeHash, requireHash, rootOfSubtrees } from './hashing.js';
import { type HashReader, readNodes } from './prove.js';
import { half, isOdd, MAX_TREE_SIZE, nodesOfRange, outOfRange, requireTreeSize, type TreeNode } from './shape.js';

/** A node and its hash, 32 bytes. */
export interface HashedNode extends TreeNode {
  readonly hash: Uint8Array;
}

/**
 * The right edge of a tree, the compact range from the first leaf: its size and the hashes of its complete subtrees, at most 53. That is all it takes to append
 * leaves and to know the root.
 *
 * @example
 * const frontier = await Frontier.read(size, tileHashReader(size, fetchTile));
 * const completed = frontier.append(leafHash(entry));
 * frontier.root(); // of size + 1 leaves
 */
export class Frontier {
  #size: number;
  readonly #hashes: Uint8Array[];

  /**
   * @param hashes of the complete subtrees, from left to right
   * @throws SeraiError ERR_LOG_RANGE for what is no size, or another number of hashes than it has subtrees; ERR_LOG_MALFORMED for a hash that is not 32 bytes
   */
  constructor(size = 0, hashes: readonly Uint8Array[] = []) {
    requireTreeSize(size);
    const { length } = nodesOfRange({ begin: 0, end: size });
    if (hashes.length !== length) throw outOfRange('The frontier has another number of hashes.', { size, length });
    for (const hash of hashes) requireHash(hash);
    this.#size = size;
    this.#hashes = [...hashes];
  }

  /** The frontier of the first `size` leaves. Compare its root with one that is known before building on it. */
  static async read(size: number, readHashes: HashReader): Promise<Frontier> {
    requireTreeSize(size);
    return new Frontier(size, await readNodes(nodesOfRange({ begin: 0, end: size }), readHashes));
  }

  get size(): number {
    return this.#size;
  }

  /** Hashes of the complete subtrees, from left to right: what the constructor takes. */
  get hashes(): readonly Uint8Array[] {
    return [...this.#hashes];
  }

  /** Root of the tree, 32 bytes. */
  root(): Buffer {
    return rootOfSubtrees(this.#hashes);
  }

  /** The same edge, to go on from without touching this one. */
  copy(): Frontier {
    return new Frontier(this.#size, this.#hashes);
  }

  /**
   * Appends a leaf.
   *
   * @returns the nodes that became complete, from the leaf up; those whose level is a multiple of 8 stand in tiles
   * @throws SeraiError ERR_LOG_MALFORMED for a hash that is not 32 bytes, ERR_LOG_RANGE when the tree is full
   */
  append(leafHash: Uint8Array): HashedNode[] {
    requireHash(leafHash);
    if (this.#size === MAX_TREE_SIZE) throw outOfRange('The tree is full.', { size: this.#size });
    let node: HashedNode = { level: 0, index: this.#size, hash: leafHash };
    const completed = [node];
    while (isOdd(node.index)) {
      const left = this.#hashes.pop();
      if (left === undefined) throw outOfRange('The frontier lacks a subtree.', { size: this.#size });
      node = { level: node.level + 1, index: half(node.index), hash: nodeHash(left, node.hash) };
      completed.push(node);
    }
    this.#hashes.push(node.hash);
    this.#size += 1;
    return completed;
  }
}
