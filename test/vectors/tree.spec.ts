import { createHash } from 'node:crypto';
import {
  encodeTile,
  Frontier,
  type HashReader,
  leafHash,
  nodesOfTile,
  parseTilePath,
  proveConsistency,
  proveInclusion,
  tilePath,
  tilesOfGrowth,
  verifyConsistency,
  verifyInclusion,
} from '#libs/transparency-log';
import { vectorsOf } from './vectors-of.js';

interface TreeVectors {
  readonly source: string;
  readonly roots: { size: number; root: string }[];
  readonly allProofs: { size: number; inclusion: string; consistency: string }[];
  readonly inclusion: { index: number; size: number; proof: string[] }[];
  readonly consistency: { oldSize: number; newSize: number; proof: string[] }[];
  readonly growths: { oldSize: number; newSize: number; tiles: { path: string; sha256: string }[] }[];
  readonly paths: { level: number; index: number; width: number; path: string }[];
}

const { source, ...vectors } = vectorsOf<TreeVectors>('tree.json');

const sha256 = (text: string) => createHash('sha256').update(text).digest();
const entryOf = (index: number) => sha256(`6962/${index}`).subarray(0, index % 33);
const base64Of = (hashes: readonly Buffer[]) => hashes.map((hash) => hash.toString('base64'));

const frontier = new Frontier();
const nodes = new Map<string, Uint8Array>();
const roots = [frontier.root()];
for (let index = 0; index < 70_000; index += 1) {
  for (const node of frontier.append(leafHash(entryOf(index)))) nodes.set(`${node.level}/${node.index}`, node.hash);
  roots.push(frontier.root());
}
const readHashes: HashReader = async (wanted) => wanted.map(({ level, index }) => nodes.get(`${level}/${index}`)!);

describe(`trees (${source})`, () => {
  it('have the same roots', () => {
    expect(vectors.roots).toHaveLength(313);
    expect(vectors.roots.map(({ size }) => roots[size]?.toString('base64'))).toEqual(
      vectors.roots.map(({ root }) => root),
    );
  });

  it('have the same proofs for every leaf and every older tree of every size up to 300', async () => {
    const made: TreeVectors['allProofs'] = [];
    for (const { size } of vectors.allProofs) {
      const [inclusion, consistency] = [createHash('sha256'), createHash('sha256')];
      for (let index = 0; index < size; index += 1) {
        for (const hash of await proveInclusion(index, size, readHashes)) inclusion.update(hash);
        for (const hash of await proveConsistency(index + 1, size, readHashes)) consistency.update(hash);
      }
      made.push({ size, inclusion: inclusion.digest('hex'), consistency: consistency.digest('hex') });
    }
    expect(made).toHaveLength(300);
    expect(made).toEqual(vectors.allProofs);
  }, 60_000);

  it.each(vectors.inclusion)('have the same inclusion proof of $index in $size', async ({ index, size, proof }) => {
    expect(base64Of(await proveInclusion(index, size, readHashes))).toEqual(proof);
    const inclusion = { index, size, leafHash: leafHash(entryOf(index)), root: roots[size]! };
    const hashes = proof.map((hash) => Buffer.from(hash, 'base64'));
    verifyInclusion({ ...inclusion, proof: hashes });
    expect(() => verifyInclusion({ ...inclusion, proof: hashes.toReversed() })).toThrow(
      expect.objectContaining({ code: 'ERR_LOG_PROOF' }),
    );
  });

  it.each(vectors.consistency)('have the same consistency proof of $oldSize in $newSize', async (vector) => {
    const { oldSize, newSize } = vector;
    expect(base64Of(await proveConsistency(oldSize, newSize, readHashes))).toEqual(vector.proof);
    const proof = vector.proof.map((hash) => Buffer.from(hash, 'base64'));
    const consistency = { oldSize, oldRoot: roots[oldSize]!, newSize, newRoot: roots[newSize]!, proof };
    verifyConsistency(consistency);
    expect(() => verifyConsistency({ ...consistency, oldRoot: roots[oldSize - 1]! })).toThrow(
      expect.objectContaining({ code: 'ERR_LOG_PROOF' }),
    );
  });

  it.each(vectors.growths)('write the same tiles from $oldSize to $newSize', async ({ oldSize, newSize, tiles }) => {
    const made: typeof tiles = [];
    for (const tile of tilesOfGrowth(oldSize, newSize)) {
      if (tile.level === 'entries') continue;
      const content = encodeTile(await readHashes(nodesOfTile(tile)));
      made.push({ path: tilePath(tile), sha256: createHash('sha256').update(content).digest('hex') });
    }
    expect(made).toEqual(tiles);
  });

  it.each(vectors.paths)('name the same tiles: $path', ({ path, ...tile }) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });
});
