import { createHash, createPrivateKey } from 'node:crypto';
import {
  Frontier,
  leafHash,
  nodeHash,
  proveConsistency,
  SIGNATURE_TYPE,
  type SignerKey,
  signerKey,
  type TreeNode,
} from '#libs/transparency-log';

export const ORIGIN = 'hub.example/audit/2026';

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

const ed25519 = (seed: string) =>
  createPrivateKey({
    key: Buffer.concat([PKCS8_ED25519, createHash('sha256').update(seed).digest()]),
    format: 'der',
    type: 'pkcs8',
  });

/** Always the same cosigner for a name. */
export const cosigner = (name: string, seed = name): SignerKey =>
  signerKey(name, SIGNATURE_TYPE.COSIGNATURE_V1, ed25519(seed));

/** A key of the log that its signer does not have. */
export const logKey = (seed: string) => signerKey(ORIGIN, SIGNATURE_TYPE.ED25519, ed25519(seed)).key;

/** A history of a log, as long as asked; two with another `branch` differ from leaf `forkedAt` on. */
export class History {
  constructor(
    private readonly branch = '',
    private readonly forkedAt = 0,
  ) {}

  /** 33 bytes, as all entries of the log. */
  entry(index: number): Buffer {
    return Buffer.from((index < this.forkedAt ? `leaf ${index}` : `leaf ${index}${this.branch}`).padEnd(33));
  }

  frontier(size: number): Frontier {
    const frontier = new Frontier();
    for (let index = 0; index < size; index += 1) frontier.append(leafHash(this.entry(index)));
    return frontier;
  }

  root(size: number): Buffer {
    return this.frontier(size).root();
  }

  async proof(oldSize: number, newSize: number): Promise<Buffer[]> {
    if (oldSize === 0) return [];
    return proveConsistency(oldSize, newSize, async (nodes) => nodes.map((node) => this.node(node)));
  }

  private node({ level, index }: TreeNode): Buffer {
    if (level === 0) return leafHash(this.entry(index));
    const below = { level: level - 1, index: index * 2 };
    return nodeHash(this.node(below), this.node({ ...below, index: below.index + 1 }));
  }
}
