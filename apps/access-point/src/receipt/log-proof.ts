import type { OpeningsAnswer } from '#libs/contracts';
import { isSeraiError } from '#libs/errors';
import { type LeafOpening, leafEntry } from '#libs/evidence';
import {
  type HashReader,
  leafHash,
  parseNote,
  proveInclusion,
  serialiseTlogProof,
  type TileFetch,
  tileHashReader,
  verifyInclusion,
} from '#libs/transparency-log';
import type { HeldEnvelope } from './held-envelope.js';

/** A leaf that the hub says stands for an envelope, and perhaps in which log. */
export type FoundLeaf = OpeningsAnswer['openings'][number]['leaves'][number];

/** The head of a log with the checkpoint that was signed over it. */
export interface SignedHead {
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
  /** The checkpoint as it was signed. */
  readonly note: Buffer;
}

/** A head with the hashes of its tree, for one piece of work. */
export interface ReadableHead extends SignedHead {
  readonly readHashes: HashReader;
}

/** Heads whose trees are read from the published tiles. */
export function readable(heads: readonly SignedHead[], tilesOf: (origin: string) => TileFetch): ReadableHead[] {
  return heads.map((head) => ({ ...head, readHashes: tileHashReader(head.size, tilesOf(head.origin)) }));
}

/** That an envelope is in the log under a head: verified when it was made. */
export interface LogProof {
  readonly envelope: HeldEnvelope;
  readonly opening: LeafOpening;
  /** Of the inclusion proof, from the leaf's sibling up. */
  readonly hashes: readonly Buffer[];
  readonly head: Pick<SignedHead, 'origin' | 'size' | 'note'>;
}

/** The proof as a `.tlog-proof` file. */
export function proofFile({ opening: { index }, hashes, head: { note } }: LogProof): Buffer {
  return serialiseTlogProof({ index, proof: hashes, checkpoint: parseNote(note) });
}

/** Whether a leaf is said to stand for exactly this envelope. */
export function isOf({ id, sha256 }: HeldEnvelope, { record }: FoundLeaf): boolean {
  return record.id === id && record.messageHash === sha256;
}

/**
 * Proves from the published tiles that a leaf is under a head, and that it stands for the envelope.
 *
 * @returns undefined when it is behind the head, stands for something else, or the proof does not hold
 * @throws SeraiError ERR_LOG_TILE, and what reading throws: then nothing is concluded
 */
export async function proveUnder(
  { readHashes, ...head }: ReadableHead,
  envelope: HeldEnvelope,
  leaf: FoundLeaf,
): Promise<LogProof | undefined> {
  const { index, record } = leaf;
  const { size, root } = head;
  if (index >= size || !isOf(envelope, leaf)) return undefined;
  const hashes = await proveInclusion(index, size, readHashes);
  try {
    const opening = { index, record, salt: Buffer.from(leaf.salt, 'base64url') };
    verifyInclusion({ index, size, leafHash: leafHash(leafEntry(record, opening.salt)), proof: hashes, root });
    return { envelope, opening, hashes, head };
  } catch (error) {
    if (isSeraiError(error, 'ERR_LOG_PROOF', 'ERR_LOG_MALFORMED')) return undefined;
    throw error;
  }
}
