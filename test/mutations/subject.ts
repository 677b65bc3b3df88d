import {
  Frontier,
  type HashReader,
  leafHash,
  proveConsistency,
  proveInclusion,
  verifyConsistency,
  verifyInclusion,
} from '#libs/transparency-log';
import { shapeOfConsistency, shapeOfInclusion } from './path-shape.js';

/** The largest tree whose proofs are changed. */
export const LARGEST = 300;

/** Something that the verifier is to be asked about a proof. */
export interface Question {
  /** Says what was changed. */
  readonly name: () => string;
  /** Throws ERR_LOG_PROOF when it refuses. */
  readonly verify: () => void;
  /** True where the change left a true statement. */
  readonly isTrue: boolean;
}

/** Questions that are made when they are asked, so that any part of them can be asked alone. */
export interface Questions {
  readonly length: number;
  readonly at: (place: number) => Question;
}

/** One true proof, with the real verifier behind it. */
export interface Subject {
  readonly name: string;
  /** Every hash that the verifier is given, in memory of its own. */
  readonly given: readonly Uint8Array[];
  readonly proof: readonly Uint8Array[];
  /** Verifies with this proof in place of the true one. */
  readonly verify: (proof: readonly Uint8Array[]) => void;
  /** The same proof for other numbers. */
  readonly renumbered: readonly Questions[];
}

/** Leaves, roots and nodes of a tree that grows to {@link LARGEST}, every leaf another. */
export class SubjectTree {
  readonly #leaves: Buffer[] = [];
  readonly #roots: Buffer[] = [];
  readonly #nodes = new Map<string, Uint8Array>();

  constructor() {
    const frontier = new Frontier();
    this.#roots.push(frontier.root());
    for (let index = 0; index < LARGEST; index += 1) {
      const leaf = leafHash(Buffer.from(`entry ${index}`));
      this.#leaves.push(leaf);
      for (const { level, index: place, hash } of frontier.append(leaf)) this.#nodes.set(`${level}/${place}`, hash);
      this.#roots.push(frontier.root());
    }
  }

  async inclusion(index: number, size: number): Promise<Subject> {
    const proof = copyOf(await proveInclusion(index, size, this.#readHashes));
    const [leaf, root] = [this.#leafAt(index), this.#rootAt(size)];
    const ask = (change: Partial<Parameters<typeof verifyInclusion>[0]>) =>
      verifyInclusion({ index, size, leafHash: leaf, proof, root, ...change });
    const shape = shapeOfInclusion(index, size);
    return {
      name: `inclusion of ${index} in ${size}`,
      given: [...proof, leaf, root],
      proof,
      verify: (changed) => ask({ proof: changed }),
      renumbered: [
        others('index', index, (other) => ({
          verify: () => ask({ index: other }),
          isTrue: shapeOfInclusion(other, size) === shape,
        })),
        others('size', size, (other) => ({
          verify: () => ask({ size: other }),
          isTrue: shapeOfInclusion(index, other) === shape,
        })),
        othersOfTree('size and its root', size, (other) => ask({ size: other, root: this.#rootAt(other) })),
      ],
    };
  }

  async consistency(oldSize: number, newSize: number): Promise<Subject> {
    const proof = copyOf(await proveConsistency(oldSize, newSize, this.#readHashes));
    const [oldRoot, newRoot] = [this.#rootAt(oldSize), this.#rootAt(newSize)];
    const ask = (change: Partial<Parameters<typeof verifyConsistency>[0]>) =>
      verifyConsistency({ oldSize, oldRoot, newSize, newRoot, proof, ...change });
    const shape = shapeOfConsistency(oldSize, newSize);
    return {
      name: `consistency of ${oldSize} with ${newSize}`,
      given: [...proof, oldRoot, newRoot],
      proof,
      verify: (changed) => ask({ proof: changed }),
      renumbered: [
        others('old size', oldSize, (other) => ({
          verify: () => ask({ oldSize: other }),
          isTrue: shapeOfConsistency(other, newSize) === shape,
        })),
        others('new size', newSize, (other) => ({
          verify: () => ask({ newSize: other }),
          isTrue: shapeOfConsistency(oldSize, other) === shape,
        })),
        othersOfTree('old size and its root', oldSize, (other) =>
          ask({ oldSize: other, oldRoot: this.#rootAt(other) }),
        ),
        othersOfTree('new size and its root', newSize, (other) =>
          ask({ newSize: other, newRoot: this.#rootAt(other) }),
        ),
      ],
    };
  }

  readonly #readHashes: HashReader = async (wanted) =>
    wanted.map(({ level, index }) => this.#nodes.get(`${level}/${index}`)!);

  #leafAt(index: number): Uint8Array {
    return Uint8Array.from(this.#leaves[index]!);
  }

  #rootAt(size: number): Uint8Array {
    return Uint8Array.from(this.#roots[size]!);
  }
}

function copyOf(hashes: readonly Uint8Array[]): Uint8Array[] {
  return hashes.map((hash) => Uint8Array.from(hash));
}

const BITS_OF_NUMBERS = 53;

/** A number replaced by every other up to the largest tree, and by itself with each of its 53 bits flipped. */
function others(what: string, number: number, ask: (other: number) => Omit<Question, 'name'>): Questions {
  const at = (place: number) => {
    const other = place < LARGEST ? otherUpTo(LARGEST + 1, number, place) : withBitFlipped(number, place - LARGEST);
    return { name: () => `${what} ${other}`, ...ask(other) };
  };
  return { length: LARGEST + BITS_OF_NUMBERS, at };
}

/** A size replaced by every other from 1 to the largest, with the root of that size: never true. */
function othersOfTree(what: string, size: number, verify: (other: number) => void): Questions {
  const at = (place: number) => {
    const other = 1 + otherUpTo(LARGEST, size - 1, place);
    return { name: () => `${what} ${other}`, verify: () => verify(other), isTrue: false };
  };
  return { length: LARGEST - 1, at };
}

/** The numbers below `end` without `number`, beginning behind it. */
function otherUpTo(end: number, number: number, place: number): number {
  return (number + 1 + place) % end;
}

function withBitFlipped(number: number, bit: number): number {
  return Number(BigInt(number) ^ (1n << BigInt(bit)));
}
