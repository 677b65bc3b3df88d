import { setTimeout as pause } from 'node:timers/promises';
import { type Note, quorumMet, type VerifiedSignature } from '#libs/transparency-log';
import type { HeldPolicy } from './held-policy.js';
import type { SignedCheckpoint } from './signed-checkpoint.js';
import type { ProofFrom, WitnessClient, WitnessReport } from './witness-client.js';

/** So long a quorum waits for the cosignatures of the others, which are nearly there. */
const GRACE_MS = 100;

export interface Asking {
  readonly proofFrom: ProofFrom;
  /** Ends the calls under way. */
  readonly signal: AbortSignal;
  readonly onReport: (witness: string, report: WitnessReport) => void;
}

/** Collects cosignatures over one checkpoint. */
export class WitnessRound {
  private readonly cosignatures = new Map<string, VerifiedSignature>();

  constructor(
    private readonly checkpoint: SignedCheckpoint,
    private readonly held: HeldPolicy,
  ) {}

  /** Whether it is over this checkpoint under this policy. */
  isOf({ bytes }: SignedCheckpoint, { policy }: HeldPolicy): boolean {
    return this.checkpoint.bytes.equals(bytes) && this.held.policy === policy;
  }

  /** How many have cosigned. */
  get count(): number {
    return this.cosignatures.size;
  }

  get isWitnessed(): boolean {
    return quorumMet(this.held.policy, this.cosignatures.keys());
  }

  /** Checkpoint and cosignatures, in the order of the policy. */
  get note(): Note {
    const { text, signatures } = this.checkpoint.note;
    const lines = this.held.witnesses.flatMap(({ name }) => this.cosignatures.get(name)?.line ?? []);
    return { text, signatures: [...signatures, ...lines] };
  }

  /**
   * Asks every witness that has not cosigned yet and is not at it; they go on by themselves when this resolves.
   *
   * @returns when the quorum is there, or everybody has answered or was waited for long enough
   */
  async collect(clients: readonly WitnessClient[], { proofFrom, signal, onReport }: Asking): Promise<void> {
    const quorum = Promise.withResolvers<void>();
    const missing = clients.filter((client) => !client.isBusy && !this.cosignatures.has(client.witness.name));
    const asked = missing.map(async (client) => {
      const { name } = client.witness;
      const report = await client.cosign(this.checkpoint, proofFrom, signal);
      onReport(name, report);
      const { cosignature } = report;
      if (cosignature !== undefined) this.cosignatures.set(name, cosignature);
      if (this.isWitnessed) quorum.resolve();
    });
    const all = Promise.all(asked);
    // Whoever is late must not end the process.
    all.catch(() => undefined);
    await Promise.race([all, quorum.promise.then(() => Promise.race([all, pause(GRACE_MS)]))]);
  }
}
