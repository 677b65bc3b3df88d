import { Frontier, leafHash, MAX_TREE_SIZE, nodeHash, proveConsistency, proveInclusion, readRoot } from '../index.js';
import { growTree } from '../tree.fixture.js';

const tree = growTree(300, (index) => Buffer.from(`entry ${index}`));
const refusal = (code: string) => expect.objectContaining({ code });

describe(Frontier.name, () => {
  it('goes on from what was read or kept at every size', async () => {
    for (let size = 0; size < 300; size += 1) {
      const read = await Frontier.read(size, tree.readHashes);
      const kept = new Frontier(read.size, read.hashes);
      expect(read.root()).toEqual(tree.roots[size]);
      read.append(tree.leafHashes[size]!);
      expect(kept.root()).toEqual(tree.roots[size]);
      kept.append(tree.leafHashes[size]!);
      expect([read.root(), kept.root()]).toEqual([tree.roots[size + 1], tree.roots[size + 1]]);
    }
  });

  it('tells which nodes a leaf completes', () => {
    const frontier = new Frontier();
    const [first, second] = [leafHash(Buffer.of(1)), leafHash(Buffer.of(2))];
    expect(frontier.append(first)).toEqual([{ level: 0, index: 0, hash: first }]);
    expect(frontier.append(second)).toEqual([
      { level: 0, index: 1, hash: second },
      { level: 1, index: 0, hash: nodeHash(first, second) },
    ]);
    expect(frontier.append(first)).toEqual([{ level: 0, index: 2, hash: first }]);
    expect(frontier.append(second).map(({ level, index }) => [level, index])).toEqual([
      [0, 3],
      [1, 1],
      [2, 0],
    ]);
  });

  it('leaves a copy and what it handed out alone', async () => {
    const frontier = await Frontier.read(7, tree.readHashes);
    const [copy, { hashes }] = [frontier.copy(), frontier];
    frontier.append(tree.leafHashes[7]!);
    expect(copy.root()).toEqual(tree.roots[7]);
    expect(hashes).toHaveLength(3);
    expect(frontier.hashes).toHaveLength(1);
  });

  it.each([
    [-1, 0],
    [0.5, 0],
    [MAX_TREE_SIZE + 1, 1],
    [Number.NaN, 0],
    [0, 1],
    [7, 2],
    [7, 4],
    [8, 2],
  ])('refuses size %p with %i hashes', (size, count) => {
    const hashes = Array.from({ length: count }, () => Buffer.alloc(32));
    expect(() => new Frontier(size, hashes)).toThrow(refusal('ERR_LOG_RANGE'));
  });

  it('refuses what is no hash, and stays as it was', () => {
    const frontier = new Frontier(1, [tree.leafHashes[0]!]);
    expect(() => frontier.append(Buffer.alloc(31))).toThrow(refusal('ERR_LOG_MALFORMED'));
    expect(() => new Frontier(1, [Buffer.alloc(33)])).toThrow(refusal('ERR_LOG_MALFORMED'));
    expect([frontier.size, frontier.root()]).toEqual([1, tree.roots[1]]);
  });

  it('refuses a leaf more than a tree can have', () => {
    const full = new Frontier(
      MAX_TREE_SIZE,
      Array.from({ length: 53 }, () => tree.leafHashes[0]!),
    );
    expect(() => full.append(tree.leafHashes[0]!)).toThrow(refusal('ERR_LOG_RANGE'));
    expect(full.size).toBe(MAX_TREE_SIZE);
  });
});

describe('what is asked of a reader', () => {
  it.each([
    [0, 0],
    [7, 7],
    [-1, 7],
    [0.5, 7],
    [Number.NaN, 7],
    [0, MAX_TREE_SIZE + 1],
  ])('is nothing for leaf %p of %p', async (index, size) => {
    await expect(proveInclusion(index, size, tree.readHashes)).rejects.toMatchObject({ code: 'ERR_LOG_RANGE' });
  });

  it.each([
    [0, 7],
    [8, 7],
    [-1, 7],
    [1.5, 7],
    [Number.NaN, 7],
    [1, MAX_TREE_SIZE + 1],
  ])('is nothing between sizes %p and %p', async (oldSize, newSize) => {
    await expect(proveConsistency(oldSize, newSize, tree.readHashes)).rejects.toMatchObject({ code: 'ERR_LOG_RANGE' });
  });

  it('comes back in full, or is refused', async () => {
    const shortReader = async () => [Buffer.alloc(32)];
    await expect(readRoot(7, shortReader)).rejects.toMatchObject({ code: 'ERR_LOG_TILE' });
    await expect(proveInclusion(0, 7, shortReader)).rejects.toMatchObject({ code: 'ERR_LOG_TILE' });
    await expect(readRoot(3, async () => [Buffer.alloc(32), Buffer.alloc(31)])).rejects.toMatchObject({
      code: 'ERR_LOG_MALFORMED',
    });
    await expect(readRoot(-1, tree.readHashes)).rejects.toMatchObject({ code: 'ERR_LOG_RANGE' });
  });

  it('is little, also in the largest tree', async () => {
    let asked = 0;
    const counting = async (nodes: readonly unknown[]) => {
      asked += nodes.length;
      return nodes.map(() => Buffer.alloc(32));
    };
    expect(await proveInclusion(0, MAX_TREE_SIZE, counting)).toHaveLength(53);
    expect(asked).toBeLessThanOrEqual(105);
  });
});
