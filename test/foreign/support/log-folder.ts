import { createHmac } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import {
  encodeEntryBundle,
  encodeTile,
  Frontier,
  leafHash,
  nodesOfTile,
  proveConsistency,
  proveInclusion,
  type SignerKey,
  serialiseAddCheckpoint,
  serialiseNote,
  serialiseTlogProof,
  signCheckpoint,
  type Tile,
  tileHashReader,
  tilePath,
  tilesOfGrowth,
} from '#libs/transparency-log';

const TILE_WIDTH = 256;

/** A log as files in a folder, at the paths of c2sp.org/tlog-tiles. */
export class LogFolder {
  readonly #frontier = new Frontier();
  readonly #entries: Buffer[] = [];
  readonly #hashes = new Map<string, Uint8Array>();

  constructor(
    readonly folder: string,
    readonly signer: SignerKey,
    /** Logs with another salt have other entries. */
    readonly salt = 'a salt',
  ) {}

  get size(): number {
    return this.#frontier.size;
  }

  entry(index: number): Buffer {
    return this.#entries[index]!;
  }

  /** Appends this many entries of the form that ours have: a version and a MAC. Tiles come first, then the checkpoint, which is returned. */
  async grow(count: number): Promise<Buffer> {
    const oldSize = this.size;
    for (let index = oldSize; index < oldSize + count; index += 1) {
      const mac = createHmac('sha256', this.salt).update(`record ${index}`).digest();
      this.#entries.push(Buffer.concat([Buffer.of(1), mac]));
      for (const node of this.#frontier.append(leafHash(this.entry(index))))
        this.#hashes.set(`${node.level}/${node.index}`, node.hash);
    }
    for (const tile of tilesOfGrowth(oldSize, this.size)) await this.#write(tilePath(tile), this.#contentOf(tile));
    const checkpoint = serialiseNote(this.#head());
    await this.#write('checkpoint', checkpoint);
    return checkpoint;
  }

  /** A `.tlog-proof` file, made from the tiles. */
  async proofOf(index: number): Promise<Buffer> {
    const proof = await proveInclusion(index, this.size, this.#readHashes());
    return serialiseTlogProof({ index, proof, checkpoint: this.#head() });
  }

  /** What a log that has grown asks its witness, made from the tiles. */
  async growthSince(oldSize: number): Promise<Buffer> {
    const proof = await proveConsistency(oldSize, this.size, this.#readHashes());
    return serialiseAddCheckpoint({ oldSize, proof, checkpoint: this.#head() });
  }

  #head() {
    const { name } = this.signer.key;
    return signCheckpoint({ origin: name, size: this.size, root: this.#frontier.root(), extensions: [] }, [
      this.signer,
    ]);
  }

  #readHashes() {
    return tileHashReader(this.size, (tile) => fs.readFile(path.join(this.folder, tilePath(tile))));
  }

  #contentOf(tile: Tile): Buffer {
    const begin = tile.index * TILE_WIDTH;
    return tile.level === 'entries'
      ? encodeEntryBundle(this.#entries.slice(begin, begin + tile.width))
      : encodeTile(nodesOfTile(tile).map(({ level, index }) => this.#hashes.get(`${level}/${index}`)!));
  }

  async #write(name: string, content: Buffer): Promise<void> {
    const file = path.join(this.folder, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(`${file}.new`, content);
    await fs.rename(`${file}.new`, file);
  }
}
