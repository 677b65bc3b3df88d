import {
  decodeTile,
  encodeTile,
  Frontier,
  HASH_BYTES,
  MAX_TREE_SIZE,
  proveConsistency,
  proveInclusion,
  readRoot,
  type Tile,
  type TreeNode,
  tileHashReader,
  tilePath,
  verifyConsistency,
  verifyInclusion,
} from '../index.js';
import { growTree } from '../tree.fixture.js';

const SIZE = 66_000;
const tree = growTree(SIZE, (index) => Buffer.from(`entry ${index}`));
const code = (name: string) => ({ code: name });

/** Serves tiles, and remembers which were asked for. */
function serve(tiles: ReadonlyMap<string, Uint8Array>) {
  const asked: string[] = [];
  const fetchTile = async (tile: Tile) => {
    asked.push(tilePath(tile));
    return tiles.get(tilePath(tile));
  };
  return { asked, fetchTile };
}

describe(tileHashReader.name, () => {
  it.each([1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, SIZE])('reads a tree of %i', async (size) => {
    const { fetchTile } = serve(await tree.tilesAt(size));
    const readHashes = tileHashReader(size, fetchTile);
    const root = tree.roots[size]!;
    expect(await readRoot(size, readHashes)).toEqual(root);
    expect((await Frontier.read(size, readHashes)).root()).toEqual(root);
    for (const index of [0, Math.floor(size / 3), size - 1]) {
      const proof = await proveInclusion(index, size, readHashes);
      verifyInclusion({ index, size, leafHash: tree.leafHashes[index]!, proof, root });
      const older = await proveConsistency(index + 1, size, readHashes);
      const [oldSize, oldRoot] = [index + 1, tree.roots[index + 1]!];
      verifyConsistency({ oldSize, oldRoot, newSize: size, newRoot: root, proof: older });
    }
  });

  it('fetches each tile once, and few', async () => {
    const { asked, fetchTile } = serve(await tree.tilesAt(SIZE));
    await proveInclusion(300, SIZE, tileHashReader(SIZE, fetchTile));
    expect(asked.length).toBeLessThanOrEqual(5);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('keeps what it has read, but not what was missing', async () => {
    const tiles = await tree.tilesAt(SIZE);
    const { asked, fetchTile } = serve(tiles);
    const readHashes = tileHashReader(SIZE, fetchTile);
    const [gone] = [...tiles.keys()].filter((path) => path === 'tile/0/001');
    const bytes = tiles.get(gone!)!;
    tiles.delete(gone!);
    await expect(proveInclusion(300, SIZE, readHashes)).rejects.toMatchObject(code('ERR_LOG_TILE'));
    tiles.set(gone!, bytes);
    for (let index = 256; index < 512; index += 1) {
      const proof = await proveInclusion(index, SIZE, readHashes);
      verifyInclusion({ index, size: SIZE, leafHash: tree.leafHashes[index]!, proof, root: tree.roots[SIZE]! });
    }
    expect(asked.filter((path) => path === gone)).toHaveLength(2);
    expect(new Set(asked).size).toBe(asked.length - 1);
  });

  it('takes the full tile where the partial one is gone', async () => {
    const tiles = await tree.tilesAt(300, 512);
    tiles.delete('tile/0/001.p/44');
    const { asked, fetchTile } = serve(tiles);
    expect(await readRoot(300, tileHashReader(300, fetchTile))).toEqual(tree.roots[300]);
    expect(asked.sort()).toEqual(['tile/0/001', 'tile/0/001.p/44', 'tile/1/000.p/1']);
  });

  it('refuses when neither is there', async () => {
    const tiles = await tree.tilesAt(300);
    tiles.delete('tile/0/001.p/44');
    const { asked, fetchTile } = serve(tiles);
    await expect(readRoot(300, tileHashReader(300, fetchTile))).rejects.toMatchObject(code('ERR_LOG_TILE'));
    expect(asked).toHaveLength(3);
  });

  it('asks once only for a full tile that is not there', async () => {
    const { asked, fetchTile } = serve(new Map());
    await expect(proveInclusion(0, 256, tileHashReader(256, fetchTile))).rejects.toMatchObject(code('ERR_LOG_TILE'));
    expect(asked).toEqual(['tile/0/000']);
  });

  it.each([0, 31, 43 * HASH_BYTES, 44 * HASH_BYTES - 1, 44 * HASH_BYTES + 1, 45 * HASH_BYTES, 256 * HASH_BYTES])(
    'refuses a tile of 44 hashes with %i bytes',
    async (bytes) => {
      const tiles = await tree.tilesAt(300);
      tiles.set('tile/0/001.p/44', Buffer.alloc(bytes));
      const { fetchTile } = serve(tiles);
      await expect(readRoot(300, tileHashReader(300, fetchTile))).rejects.toMatchObject(code('ERR_LOG_TILE'));
    },
  );

  it('refuses a full tile of a wrong size in place of a partial one', async () => {
    const tiles = await tree.tilesAt(300);
    const partial = tiles.get('tile/0/001.p/44')!;
    tiles.delete('tile/0/001.p/44');
    const { fetchTile } = serve(tiles.set('tile/0/001', partial));
    await expect(readRoot(300, tileHashReader(300, fetchTile))).rejects.toMatchObject(code('ERR_LOG_TILE'));
  });

  it('makes a proof that does not verify of a tile with one bit changed', async () => {
    const tiles = await tree.tilesAt(300);
    tiles.get('tile/0/000')![5 * HASH_BYTES]! ^= 1;
    const proof = await proveInclusion(4, 300, tileHashReader(300, serve(tiles).fetchTile));
    const inclusion = { index: 4, size: 300, leafHash: tree.leafHashes[4]!, root: tree.roots[300]!, proof };
    expect(() => verifyInclusion(inclusion)).toThrow(expect.objectContaining(code('ERR_LOG_PROOF')));
  });

  it.each<TreeNode>([
    { level: 0, index: 300 },
    { level: 1, index: 150 },
    { level: 8, index: 1 },
    { level: 9, index: 0 },
    { level: 53, index: 0 },
    { level: 5000, index: 0 },
    { level: -1, index: 0 },
    { level: 0.5, index: 0 },
    { level: 0, index: -1 },
    { level: 0, index: Number.NaN },
    { level: 0, index: MAX_TREE_SIZE + 1 },
  ])('refuses node %p of a tree of 300, without a fetch', async (node) => {
    const { asked, fetchTile } = serve(await tree.tilesAt(300));
    await expect(tileHashReader(300, fetchTile)([node])).rejects.toMatchObject(code('ERR_LOG_RANGE'));
    expect(asked).toEqual([]);
  });

  it.each([-1, 0.5, Number.NaN, MAX_TREE_SIZE + 1])('refuses size %p', (size) => {
    const { fetchTile } = serve(new Map());
    expect(() => tileHashReader(size, fetchTile)).toThrow(expect.objectContaining(code('ERR_LOG_RANGE')));
  });

  it('needs few tiles in the largest tree', async () => {
    const asked: string[] = [];
    const readHashes = tileHashReader(MAX_TREE_SIZE, async (tile) => {
      asked.push(tilePath(tile));
      return Buffer.alloc(tile.width * HASH_BYTES);
    });
    expect(await proveInclusion(2 ** 40, MAX_TREE_SIZE, readHashes)).toHaveLength(53);
    expect(asked.length).toBeLessThanOrEqual(14);
  });
});

describe(encodeTile.name, () => {
  const tile = { level: 0, index: 0, width: 3 };

  it('is undone by decodeTile', () => {
    const hashes = tree.leafHashes.slice(0, 3);
    expect(decodeTile(tile, encodeTile(hashes))).toEqual(hashes);
  });

  it('refuses other sizes', () => {
    const hash = tree.leafHashes[0]!;
    const refusal = (name: string) => expect.objectContaining(code(name));
    expect(() => encodeTile([])).toThrow(refusal('ERR_LOG_RANGE'));
    expect(() => encodeTile(Array.from({ length: 257 }, () => hash))).toThrow(refusal('ERR_LOG_RANGE'));
    expect(() => encodeTile([hash, hash.subarray(1)])).toThrow(refusal('ERR_LOG_MALFORMED'));
    expect(() => decodeTile(tile, Buffer.alloc(95))).toThrow(refusal('ERR_LOG_TILE'));
    expect(() => decodeTile(tile, Buffer.alloc(97))).toThrow(refusal('ERR_LOG_TILE'));
  });
});
