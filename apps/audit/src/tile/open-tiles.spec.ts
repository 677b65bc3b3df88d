import {
  encodeEntryBundle,
  encodeTile,
  Frontier,
  leafHash,
  type Tile,
  tilePath,
  tilesOfGrowth,
} from '#libs/transparency-log';
import { OpenTiles } from './open-tiles.js';

const entryOf = (index: number) => Buffer.from(`leaf ${index}`);

/** Grows a log in the given steps, as files by path. */
async function growBy(...sizes: number[]): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const frontier = new Frontier();
  for (const size of sizes) {
    const open = await OpenTiles.read(frontier.size, async (tile) => files.get(tilePath(tile)));
    while (frontier.size < size) {
      const entry = entryOf(frontier.size);
      open.append(entry, frontier.append(leafHash(entry)));
    }
    for (const { tile, bytes } of [...open.takeFull(), ...open.partial()]) files.set(tilePath(tile), bytes);
  }
  return files;
}

/** Content of a tile, straight from its definition. */
function contentOf({ level, index, width }: Tile): Buffer {
  const span = level === 'entries' ? 1 : 256 ** level;
  const places = Array.from({ length: width }, (_, place) => (index * 256 + place) * span);
  if (level === 'entries') return encodeEntryBundle(places.map(entryOf));
  return encodeTile(
    places.map((first) => {
      const subtree = new Frontier();
      for (let leaf = first; leaf < first + span; leaf += 1) subtree.append(leafHash(entryOf(leaf)));
      return subtree.root();
    }),
  );
}

describe(OpenTiles.name, () => {
  it.each([[[1]], [[255]], [[256]], [[257]], [[255, 256, 257]], [[1, 2, 3, 600]], [[65_535, 65_536, 65_537]]])(
    'has every tile of a log that grows to %j, and no other',
    async (sizes) => {
      const files = await growBy(...sizes);
      const wanted = sizes.flatMap((size, step) => [...tilesOfGrowth(sizes[step - 1] ?? 0, size)]);
      expect([...files.keys()].sort()).toEqual([...new Set(wanted.map(tilePath))].sort());
      for (const tile of wanted.slice(-6)) expect(files.get(tilePath(tile))).toEqual(contentOf(tile));
    },
  );

  it('goes on alike whether it was read again or not', async () => {
    expect((await growBy(100, 300, 700)).get('tile/0/002.p/188')).toEqual((await growBy(700)).get('tile/0/002.p/188'));
  });

  it('writes a partial tile once', async () => {
    const open = await OpenTiles.read(0, async () => undefined);
    open.append(entryOf(0), new Frontier().append(leafHash(entryOf(0))));
    expect(open.partial().map(({ tile }) => tilePath(tile))).toEqual(['tile/entries/000.p/1', 'tile/0/000.p/1']);
    expect(open.partial()).toEqual([]);
  });

  it('refuses to go on where the last tile is missing, or has another size', async () => {
    const refusal = expect.objectContaining({ code: 'ERR_LOG_TILE' }) as Error;
    await expect(OpenTiles.read(5, async () => undefined)).rejects.toEqual(refusal);
    await expect(OpenTiles.read(5, async () => Buffer.alloc(4 * 32))).rejects.toEqual(refusal);
  });
});
