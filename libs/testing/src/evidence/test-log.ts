import { createPrivateKey, hash, randomBytes } from 'node:crypto';
import {
  cosign,
  encodeEntryBundle,
  encodeTile,
  Frontier,
  type HashReader,
  leafHash,
  type Note,
  nodesOfTile,
  proveConsistency,
  proveInclusion,
  SIGNATURE_TYPE,
  type SignerKey,
  serialiseAddCheckpoint,
  serialiseNote,
  serialiseTlogProof,
  serialiseVerifierKey,
  signCheckpoint,
  signerKey,
  tilePath,
  tilesOfGrowth,
} from '#libs/transparency-log';

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
const BUNDLE_ENTRIES = 256;

/** Always the same Ed25519 key for a seed. */
function seededKey(seed: string) {
  const key = Buffer.concat([PKCS8_ED25519, hash('sha256', seed, 'buffer')]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/** Who is asked for a checkpoint: by default the log and all its witnesses, who say the same time. */
export interface Cosigners {
  readonly log?: SignerKey;
  readonly witnesses: readonly SignerKey[];
  readonly at: Date;
}

/** A small log in memory with four witnesses; what a test wants to know of a log it can be asked to lie about. */
export class TestLog {
  readonly key: SignerKey;
  readonly witnesses: readonly SignerKey[];
  readonly entries: Buffer[] = [];
  readonly #frontier = new Frontier();
  readonly #nodes = new Map<string, Uint8Array>();
  readonly #roots = [this.#frontier.root()];

  constructor(
    readonly origin: string,
    witnesses = ['rs', 'iq', 'tr', 'bg'],
  ) {
    this.key = signerKey(origin, SIGNATURE_TYPE.ED25519, seededKey(origin));
    this.witnesses = witnesses.map((id) => {
      const name = `${id}.witness.example`;
      return signerKey(name, SIGNATURE_TYPE.COSIGNATURE_V1, seededKey(name));
    });
  }

  get size(): number {
    return this.entries.length;
  }

  /** A c2sp.org/tlog-policy text that asks for more than two thirds of the witnesses. */
  policyText(others: readonly TestLog[] = []): string {
    const logs = [this, ...others].map(({ key }) => `log ${serialiseVerifierKey(key.key)}`);
    const lines = this.witnesses.map(({ key }) => `witness ${nameOf(key.name)} ${serialiseVerifierKey(key)}`);
    const threshold = 1 + Math.floor((2 * this.witnesses.length) / 3);
    const names = this.witnesses.map(({ key }) => nameOf(key.name)).join(' ');
    return `${[...logs, ...lines, `group all ${threshold} ${names}`, 'quorum all'].join('\n')}\n`;
  }

  /** @returns the index of the entry */
  append(entry: Buffer): number {
    for (const node of this.#frontier.append(leafHash(entry))) {
      this.#nodes.set(`${node.level}/${node.index}`, node.hash);
    }
    this.#roots.push(this.#frontier.root());
    return this.entries.push(entry) - 1;
  }

  /** Leaves of somebody else. */
  appendOthers(count: number): void {
    for (let left = count; left > 0; left -= 1) this.append(Buffer.concat([Buffer.of(1), randomBytes(32)]));
  }

  checkpoint(size: number, { log = this.key, witnesses, at }: Cosigners): Note {
    const head = { origin: this.origin, size, root: this.#roots[size]!, extensions: [] };
    const note = signCheckpoint(head, [log]);
    const seconds = Math.floor(at.getTime() / 1000);
    return { ...note, signatures: [...note.signatures, ...witnesses.map((one) => cosign(note.text, one, seconds))] };
  }

  /** The bytes of a `.tlog-proof` file. */
  async proof(index: number, checkpoint: Note, size: number): Promise<Buffer> {
    return serialiseTlogProof({ index, proof: await proveInclusion(index, size, this.#readHashes), checkpoint });
  }

  /** How a checkpoint leads to a newer one: the body of an add-checkpoint request. */
  async consistency(oldSize: number, newSize: number, checkpoint: Note): Promise<Buffer> {
    const proof = await proveConsistency(oldSize, newSize, this.#readHashes);
    return serialiseAddCheckpoint({ oldSize, proof, checkpoint });
  }

  /** What the log serves of its entries, by path: the checkpoint, and the bundles up to its size. */
  served(checkpoint: Note, size = this.size): Map<string, Buffer> {
    const files = new Map([['checkpoint', serialiseNote(checkpoint)]]);
    for (let index = 0; index * BUNDLE_ENTRIES < size; index += 1) {
      const entries = this.entries.slice(index * BUNDLE_ENTRIES, Math.min(size, (index + 1) * BUNDLE_ENTRIES));
      files.set(tilePath({ level: 'entries', index, width: entries.length }), encodeEntryBundle(entries));
    }
    return files;
  }

  /** The hash tiles of the log at its size, by path. */
  async tiles(): Promise<Map<string, Buffer>> {
    const tiles = [...tilesOfGrowth(0, this.size)].filter(({ level }) => level !== 'entries');
    const encoded = tiles.map(async (tile) => {
      const hashes = await this.#readHashes(nodesOfTile(tile));
      return [tilePath(tile), encodeTile(hashes)] as const;
    });
    return new Map(await Promise.all(encoded));
  }

  readonly #readHashes: HashReader = async (wanted) =>
    wanted.map(({ level, index }) => {
      const found = this.#nodes.get(`${level}/${index}`);
      if (found === undefined) throw new Error(`The test log has no node ${level}/${index}.`);
      return found;
    });
}

const nameOf = (keyName: string): string => keyName.split('.')[0]!;
