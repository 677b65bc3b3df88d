import {
  type Checkpoint,
  encodeTile,
  Frontier,
  type HashReader,
  leafHash,
  type Note,
  nodesOfTile,
  parseTilePath,
  proveConsistency,
  readRoot,
  type SignerKey,
  serialiseAddCheckpoint,
  signCheckpoint,
  type TreeNode,
} from '#libs/transparency-log';

const place = ({ level, index }: TreeNode): string => `${level}/${index}`;

/** A log in memory, which may have any number of histories. */
export class LogDouble {
  private readonly hashes = new Map<string, Uint8Array>();
  private readonly frontier = new Frontier();

  /** @param entries leaves of one letter each: two logs differ from the first letter that differs */
  constructor(
    private readonly signer: SignerKey,
    entries: string,
    readonly origin = signer.key.name,
  ) {
    this.grow(entries);
  }

  grow(entries: string): this {
    for (const entry of entries) this.append(Buffer.from(entry));
    return this;
  }

  append(entry: Uint8Array): void {
    for (const node of this.frontier.append(leafHash(entry))) this.hashes.set(place(node), node.hash);
  }

  get size(): number {
    return this.frontier.size;
  }

  async head(size = this.size): Promise<Checkpoint> {
    return { origin: this.origin, size, root: await readRoot(size, this.readHashes), extensions: [] };
  }

  async checkpoint(size = this.size): Promise<Note> {
    return signCheckpoint(await this.head(size), [this.signer]);
  }

  /** Body of a request to a witness that has seen `oldSize`. */
  async request(oldSize: number, size = this.size): Promise<Buffer> {
    const proof = oldSize === 0 ? [] : await proveConsistency(oldSize, size, this.readHashes);
    return serialiseAddCheckpoint({ oldSize, proof, checkpoint: await this.checkpoint(size) });
  }

  /** Bytes of a tile by its path, or undefined where there is none yet. */
  tile(path: string): Buffer | undefined {
    const hashes = nodesOfTile(parseTilePath(path)).map((node) => this.hashes.get(place(node)));
    return hashes.every((hash) => hash !== undefined) ? encodeTile(hashes) : undefined;
  }

  private readonly readHashes: HashReader = async (nodes) => nodes.map((node) => this.hashes.get(place(node))!);
}
