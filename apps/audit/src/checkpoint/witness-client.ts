import { isSeraiError } from '#libs/errors';
import {
  parseSignatureLines,
  serialiseAddCheckpoint,
  type VerifiedSignature,
  verifyNote,
} from '#libs/transparency-log';
import { callWitness } from '../witness/witness-call.js';
import type { ReachableWitness } from './held-policy.js';
import type { SignedCheckpoint } from './signed-checkpoint.js';

/**
 * How a witness took a checkpoint. `ahead` and `fork` say that it has seen another history than ours; `invalid` that its answer is not by its key; `unproved`
 * that our tiles give no proof.
 */
export const WITNESS_OUTCOMES = [
  'cosigned',
  'silent',
  'refused',
  'invalid',
  'ahead',
  'fork',
  'unproved',
  'unknown-address',
] as const;
export type WitnessOutcome = (typeof WITNESS_OUTCOMES)[number];

export interface WitnessReport {
  readonly outcome: WitnessOutcome;
  readonly cosignature?: VerifiedSignature;
}

/** The consistency proof from this size to the checkpoint. */
export type ProofFrom = (oldSize: number) => Promise<Buffer[]>;

const CALL_TIMEOUT_MS = 5_000;
/** The size that we remember of it, and the one that it says. */
const MOST_CALLS = 2;

/** Asks one witness for its cosignatures, one checkpoint at a time, each proved from what it has seen itself. */
export class WitnessClient {
  private seen = 0;
  private isAsking = false;

  constructor(readonly witness: ReachableWitness) {}

  /** True while the checkpoint before is with it still. */
  get isBusy(): boolean {
    return this.isAsking;
  }

  /** Resolves in bounded time whatever the witness does. */
  async cosign(checkpoint: SignedCheckpoint, proofFrom: ProofFrom, signal: AbortSignal): Promise<WitnessReport> {
    this.isAsking = true;
    try {
      return await this.ask(checkpoint, proofFrom, signal);
    } finally {
      this.isAsking = false;
    }
  }

  private async ask(checkpoint: SignedCheckpoint, proofFrom: ProofFrom, signal: AbortSignal): Promise<WitnessReport> {
    const { url } = this.witness;
    if (url === undefined) return { outcome: 'unknown-address' };
    const { size } = checkpoint.head;
    for (let call = 0; call < MOST_CALLS; call += 1) {
      const oldSize = Math.min(this.seen, size);
      const proof = await proofFrom(oldSize).catch(() => undefined);
      if (proof === undefined) return { outcome: 'unproved' };
      const body = serialiseAddCheckpoint({ oldSize, proof, checkpoint: checkpoint.note });
      const answer = await callWitness(url, body, CALL_TIMEOUT_MS, signal);
      if (answer.outcome === 'cosigned') return this.read(checkpoint, answer.lines);
      if (answer.outcome === 'failed') return { outcome: 'silent' };
      if (answer.outcome !== 'conflict') return { outcome: answer.outcome };
      if (answer.size > size) return { outcome: 'ahead' };
      if (answer.size === oldSize) return { outcome: 'fork' };
      this.seen = answer.size;
    }
    return { outcome: 'refused' };
  }

  private read({ note, head }: SignedCheckpoint, lines: Buffer): WitnessReport {
    try {
      const answered = { text: note.text, signatures: parseSignatureLines(lines) };
      const [cosignature] = verifyNote(answered, [this.witness.key]);
      this.seen = head.size;
      return cosignature === undefined ? { outcome: 'invalid' } : { outcome: 'cosigned', cosignature };
    } catch (error) {
      if (isSeraiError(error)) return { outcome: 'invalid' };
      throw error;
    }
  }
}
