import { isSeraiError } from '#libs/errors';
import {
  type Consistency,
  EMPTY_ROOT,
  type Inclusion,
  MAX_TREE_SIZE,
  nodeHash,
  proveConsistency,
  proveInclusion,
  verifyConsistency,
  verifyInclusion,
} from '../index.js';
import { growTree } from '../tree.fixture.js';

const LARGEST = 300;
const tree = growTree(LARGEST, (index) => Buffer.from(`entry ${index}`));
const hashes = (count: number) => Array.from({ length: count }, () => Buffer.alloc(32, 7));

function isRefused(verify: () => void): boolean {
  try {
    verify();
    return false;
  } catch (error) {
    if (isSeraiError(error, 'ERR_LOG_PROOF')) return true;
    throw error;
  }
}

async function inclusionOf(index: number, size: number): Promise<Inclusion> {
  const proof = await proveInclusion(index, size, tree.readHashes);
  return { index, size, leafHash: tree.leafHashes[index]!, proof, root: tree.roots[size]! };
}

async function consistencyOf(oldSize: number, newSize: number): Promise<Consistency> {
  const proof = await proveConsistency(oldSize, newSize, tree.readHashes);
  return { oldSize, oldRoot: tree.roots[oldSize]!, newSize, newRoot: tree.roots[newSize]!, proof };
}

/** Whether this change of one hash of a proof is let through; `test/mutations` makes all the others. */
function isAcceptedFlipped(proof: readonly Uint8Array[], bit: number, verify: () => void): boolean {
  const hash = proof[bit % proof.length];
  if (hash === undefined) return false;
  hash[bit >> 3]! ^= 1 << (bit & 7);
  const refused = isRefused(verify);
  hash[bit >> 3]! ^= 1 << (bit & 7);
  return !refused;
}

/** Another leaf for each size, so that paths of all shapes are among them. */
const sampleOf = (size: number) => (size * size * 31 + size * 7 + 17) % size;

let stackTraceLimit: number;
beforeAll(() => {
  ({ stackTraceLimit } = Error);
  // Hundreds of thousands of refusals are made here.
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

describe(verifyInclusion.name, () => {
  it('accepts every leaf of every tree up to 300, and refuses one bit changed in its proof', async () => {
    let accepted = 0;
    for (let size = 1; size <= LARGEST; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const inclusion = await inclusionOf(index, size);
        verifyInclusion(inclusion);
        const bit = (size * 37 + index * 101) % 256;
        if (isAcceptedFlipped(inclusion.proof, bit, () => verifyInclusion(inclusion))) accepted += 1;
      }
    }
    expect(accepted).toBe(0);
  }, 60_000);

  it('refuses a proof that was cut, extended, repeated or turned round', async () => {
    for (let size = 1; size <= LARGEST; size += 1) {
      const inclusion = await inclusionOf(sampleOf(size), size);
      const { proof } = inclusion;
      const others = [
        [...proof, Buffer.alloc(32)],
        [Buffer.alloc(32), ...proof],
        [...proof, inclusion.root],
        [...proof, ...proof, inclusion.leafHash],
        ...(proof.length > 0 ? [proof.slice(1), proof.slice(0, -1), [...proof, proof.at(-1)!]] : []),
        ...(proof.length > 1 ? [[...proof].reverse(), [proof[1]!, proof[0]!, ...proof.slice(2)]] : []),
      ];
      for (const other of others) expect(isRefused(() => verifyInclusion({ ...inclusion, proof: other }))).toBe(true);
    }
  });

  it('refuses the proof of one leaf for any other place', async () => {
    for (let size = 1; size <= 64; size += 1) {
      const inclusion = await inclusionOf(sampleOf(size), size);
      for (let index = -1; index <= size + 1; index += 1) {
        if (index === inclusion.index) continue;
        expect(isRefused(() => verifyInclusion({ ...inclusion, index }))).toBe(true);
      }
    }
  });

  it('refuses the proof in a tree of another size with another root', async () => {
    for (let size = 2; size <= 64; size += 1) {
      const inclusion = await inclusionOf(sampleOf(size), size);
      for (let other = 0; other <= 64; other += 1) {
        if (other === size) continue;
        const verify = () => verifyInclusion({ ...inclusion, size: other, root: tree.roots[other]! });
        expect(isRefused(verify)).toBe(true);
      }
    }
  });

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, MAX_TREE_SIZE + 1])('refuses size %p', (size) => {
    const [leafHash, root] = [tree.leafHashes[0]!, tree.leafHashes[0]!];
    verifyInclusion({ index: 0, size: 1, leafHash, proof: [], root });
    expect(isRefused(() => verifyInclusion({ index: 0, size, leafHash, proof: [], root }))).toBe(true);
  });

  it.each([1, 2, -1, -0.5, 0.5, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** 32, MAX_TREE_SIZE])(
    'refuses index %p in a tree of one leaf',
    (index) => {
      const [leafHash, root] = [tree.leafHashes[0]!, tree.leafHashes[0]!];
      expect(isRefused(() => verifyInclusion({ index, size: 1, leafHash, proof: [], root }))).toBe(true);
    },
  );

  it('is exact beyond 32 bits', () => {
    const [leafHash, proof] = [tree.leafHashes[0]!, hashes(53)];
    const upTheRight = proof.reduce((node, sibling) => nodeHash(sibling, node), leafHash);
    const last = { index: MAX_TREE_SIZE - 1, size: MAX_TREE_SIZE, leafHash };
    const root = proof.slice(1).reduce((node, sibling) => nodeHash(sibling, node), leafHash);
    verifyInclusion({ ...last, proof: proof.slice(1), root });
    expect(isRefused(() => verifyInclusion({ ...last, proof, root: upTheRight }))).toBe(true);
    expect(isRefused(() => verifyInclusion({ ...last, index: last.index - 1, proof: proof.slice(1), root }))).toBe(
      true,
    );
    expect(isRefused(() => verifyInclusion({ ...last, index: 2 ** 32 - 2, proof: proof.slice(1), root }))).toBe(true);
  });

  it('refuses hashes of another size, and a proof without end, before it hashes', async () => {
    const inclusion = await inclusionOf(5, 7);
    const [short, long] = [Buffer.alloc(31), Buffer.alloc(33)];
    for (const wrong of [short, long, Buffer.alloc(0)]) {
      expect(isRefused(() => verifyInclusion({ ...inclusion, leafHash: wrong }))).toBe(true);
      expect(isRefused(() => verifyInclusion({ ...inclusion, root: wrong }))).toBe(true);
      const proof = [...inclusion.proof.slice(0, -1), wrong];
      expect(isRefused(() => verifyInclusion({ ...inclusion, proof }))).toBe(true);
    }
    const [shifted] = [Buffer.concat([inclusion.leafHash, inclusion.proof[0]!])];
    expect(isRefused(() => verifyInclusion({ ...inclusion, leafHash: shifted }))).toBe(true);
    expect(isRefused(() => verifyInclusion({ ...inclusion, proof: hashes(100_000) }))).toBe(true);
  });
});

describe(verifyConsistency.name, () => {
  it('accepts every older tree of every tree up to 300, and refuses one bit changed in the proof', async () => {
    let accepted = 0;
    for (let newSize = 1; newSize <= LARGEST; newSize += 1) {
      for (let oldSize = 1; oldSize <= newSize; oldSize += 1) {
        const consistency = await consistencyOf(oldSize, newSize);
        verifyConsistency(consistency);
        const bit = (newSize * 37 + oldSize * 101) % 256;
        if (isAcceptedFlipped(consistency.proof, bit, () => verifyConsistency(consistency))) accepted += 1;
      }
    }
    expect(accepted).toBe(0);
  }, 60_000);

  it('refuses a proof that was cut, extended, repeated or turned round', async () => {
    for (let newSize = 2; newSize <= LARGEST; newSize += 1) {
      const consistency = await consistencyOf(1 + (sampleOf(newSize) % (newSize - 1)), newSize);
      const { proof, oldRoot, newRoot } = consistency;
      const others = [
        [],
        [...proof, Buffer.alloc(32)],
        [Buffer.alloc(32), ...proof],
        [oldRoot, ...proof],
        [...proof, newRoot],
        proof.slice(1),
        proof.slice(0, -1),
        [...proof, proof.at(-1)!],
        ...(proof.length > 1 ? [[...proof].reverse(), [proof[1]!, proof[0]!, ...proof.slice(2)]] : []),
      ];
      for (const other of others)
        expect(isRefused(() => verifyConsistency({ ...consistency, proof: other }))).toBe(true);
    }
  });

  it('refuses the proof between other sizes, with their own roots or the same', async () => {
    for (let newSize = 2; newSize <= 24; newSize += 1) {
      const consistency = await consistencyOf(1 + (sampleOf(newSize) % (newSize - 1)), newSize);
      for (let other = 0; other <= 24; other += 1) {
        const root = tree.roots[other]!;
        if (other !== consistency.oldSize) {
          expect(isRefused(() => verifyConsistency({ ...consistency, oldSize: other, oldRoot: root }))).toBe(true);
        }
        if (other !== newSize)
          expect(isRefused(() => verifyConsistency({ ...consistency, newSize: other, newRoot: root }))).toBe(true);
      }
    }
  });

  it('refuses a tree that shrank, also under the same root', () => {
    const root = tree.roots[1]!;
    for (const [oldSize, newSize] of [
      [2, 1],
      [8, 7],
      [256, 200],
    ] as const)
      for (const proof of [[], [root]])
        expect(isRefused(() => verifyConsistency({ oldSize, oldRoot: root, newSize, newRoot: root, proof }))).toBe(
          true,
        );
  });

  it('compares nothing with the tree without leaves, also where the hashes would fit', () => {
    const root = tree.roots[1]!;
    expect(
      isRefused(() => verifyConsistency({ oldSize: 0, oldRoot: root, newSize: 1, newRoot: root, proof: [root] })),
    ).toBe(true);
  });

  it('refuses two trees of one size and different roots: a split view', () => {
    const [oldRoot, newRoot] = [tree.roots[5]!, tree.roots[6]!];
    for (const proof of [[], [oldRoot], [newRoot], [oldRoot, newRoot]])
      expect(isRefused(() => verifyConsistency({ oldSize: 5, oldRoot, newSize: 5, newRoot, proof }))).toBe(true);
  });

  it('refuses a proof between a tree and itself that is not empty', () => {
    const same = { oldSize: 4, oldRoot: tree.roots[4]!, newSize: 4, newRoot: tree.roots[4]! };
    verifyConsistency({ ...same, proof: [] });
    expect(isRefused(() => verifyConsistency({ ...same, proof: [tree.roots[4]!] }))).toBe(true);
  });

  it.each([
    [0, 0],
    [0, 1],
    [0, 7],
    [8, 7],
    [7, 0],
    [-1, 7],
    [1.5, 7],
    [Number.NaN, 7],
    [6, Number.NaN],
    [6, 7.5],
    [6, Number.POSITIVE_INFINITY],
    [6, MAX_TREE_SIZE + 1],
    [MAX_TREE_SIZE + 1, MAX_TREE_SIZE + 1],
  ])('refuses sizes %p and %p', (oldSize, newSize) => {
    const roots = { oldRoot: tree.roots[oldSize] ?? EMPTY_ROOT, newRoot: tree.roots[newSize] ?? EMPTY_ROOT };
    for (const proof of [[], hashes(1), hashes(3), hashes(53)])
      expect(isRefused(() => verifyConsistency({ ...roots, oldSize, newSize, proof }))).toBe(true);
  });

  it('is exact beyond 32 bits', () => {
    const oldRoot = tree.roots[1]!;
    const newRoot = nodeHash(oldRoot, oldRoot);
    const grown = { oldSize: 2 ** 51, oldRoot, newSize: 2 ** 52, newRoot, proof: [oldRoot] };
    verifyConsistency(grown);
    expect(isRefused(() => verifyConsistency({ ...grown, oldSize: 2 ** 51 - 1 }))).toBe(true);
    expect(isRefused(() => verifyConsistency({ ...grown, oldSize: 2 ** 32 }))).toBe(true);
    expect(isRefused(() => verifyConsistency({ ...grown, newSize: MAX_TREE_SIZE }))).toBe(true);
  });

  it('refuses hashes of another size, and a proof without end', async () => {
    for (const [oldSize, newSize] of [
      [6, 7],
      [4, 7],
      [7, 7],
    ] as const) {
      const consistency = await consistencyOf(oldSize, newSize);
      for (const wrong of [Buffer.alloc(0), Buffer.alloc(31), Buffer.alloc(33)]) {
        expect(isRefused(() => verifyConsistency({ ...consistency, oldRoot: wrong }))).toBe(true);
        expect(isRefused(() => verifyConsistency({ ...consistency, newRoot: wrong }))).toBe(true);
        expect(isRefused(() => verifyConsistency({ ...consistency, oldRoot: wrong, newRoot: wrong }))).toBe(true);
        const proof = [...consistency.proof.slice(0, -1), wrong];
        expect(isRefused(() => verifyConsistency({ ...consistency, proof }))).toBe(true);
      }
      expect(isRefused(() => verifyConsistency({ ...consistency, proof: hashes(100_000) }))).toBe(true);
    }
  });
});
