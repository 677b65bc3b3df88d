import { createPrivateKey, generateKeyPairSync, hash } from 'node:crypto';
import type { ErrorCode } from '#libs/errors';
import { type Checkpoint, SIGNATURE_TYPE, type SignerKey, signerKey } from './index.js';

const MEBIBYTES = Buffer.alloc(16 * 2 ** 20);
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

export const ORIGIN = 'hub.example/audit/2026';
export const NOW = 1_795_000_000;

/** Matches the error of this code, and no other error. */
export const refusal = (code: ErrorCode) => expect.objectContaining({ name: 'SeraiError', code }) as Error;

/**
 * What work costs this process, in the cost of hashing a mebibyte (about a millisecond), however slow or busy the machine is:
 * the least of three tries of each, for a collection of garbage falls into one of them alone.
 */
export function effortOf(work: () => void): number {
  return ((leastCpuOf(work) / leastCpuOf(() => hash('sha256', MEBIBYTES))) * MEBIBYTES.length) / 2 ** 20;
}

function leastCpuOf(work: () => void): number {
  const tries = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...tries);
}

/** Always the same Ed25519 key for a seed. */
export const ed25519 = (seed: string) =>
  createPrivateKey({
    key: Buffer.concat([PKCS8_ED25519, hash('sha256', seed, 'buffer')]),
    format: 'der',
    type: 'pkcs8',
  });

export const logSigner = (name = ORIGIN, seed = name): SignerKey =>
  signerKey(name, SIGNATURE_TYPE.ED25519, ed25519(seed));

export const witness = (name: string, seed = name): SignerKey =>
  signerKey(name, SIGNATURE_TYPE.COSIGNATURE_V1, ed25519(seed));

export const quantumWitness = (name: string): SignerKey =>
  signerKey(name, SIGNATURE_TYPE.COSIGNATURE_ML_DSA_44, generateKeyPairSync('ml-dsa-44').privateKey);

export const leafOf = (index: number): Buffer => hash('sha256', Buffer.from([0, index]), 'buffer');

const join = (left: Buffer, right: Buffer) => hash('sha256', Buffer.concat([Buffer.of(1), left, right]), 'buffer');

/** Merkle tree hash of RFC 6962 section 2.1 over leaf hashes, straight from its definition. */
export function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return hash('sha256', '', 'buffer');
  if (leaves.length === 1) return only;
  const split = splitOf(leaves.length);
  return join(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

/** PATH of RFC 6962 section 2.1.1. */
export function inclusionProof(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length <= 1) return [];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...inclusionProof(index, left), rootOf(right)]
    : [...inclusionProof(index - split, right), rootOf(left)];
}

/** PROOF of RFC 6962 section 2.1.2. */
export function consistencyProof(oldSize: number, leaves: readonly Buffer[], isWhole = true): Buffer[] {
  if (oldSize === leaves.length) return isWhole ? [] : [rootOf(leaves)];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return oldSize <= split
    ? [...consistencyProof(oldSize, left, isWhole), rootOf(right)]
    : [...consistencyProof(oldSize - split, right, false), rootOf(left)];
}

/** Largest power of two below the size. */
function splitOf(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}

export const leavesOf = (size: number): Buffer[] => Array.from({ length: size }, (_, index) => leafOf(index));

/** The head of a log with this many leaves. */
export const headOf = (size: number, origin = ORIGIN): Checkpoint => ({
  origin,
  size,
  root: rootOf(leavesOf(size)),
  extensions: [],
});
