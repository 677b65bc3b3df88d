import type { FindingKind } from '#libs/contracts';
import type { CheckpointRepository } from './checkpoint.repository.js';
import type { CheckpointTelemetry } from './checkpoint.telemetry.js';
import type { WitnessOutcome, WitnessReport } from './witness-client.js';

/** So long the quorum may be away before that is a finding: access points are restarted now and then. */
const QUORUM_PATIENCE_MS = 30_000;

/** Turns what witnesses answer into findings and metrics. */
export class WitnessWatch {
  private readonly outcomes = new Map<string, WitnessOutcome>();
  private unstored: { readonly kind: FindingKind; readonly witness: string | undefined }[] = [];
  private awaySince: number | undefined;
  private isAwayFound = false;

  constructor(
    private readonly repository: CheckpointRepository,
    private readonly telemetry: CheckpointTelemetry,
    private readonly quorumPatienceMs = QUORUM_PATIENCE_MS,
  ) {}

  answered(witness: string, report: WitnessReport): void {
    this.telemetry.answered(witness, report);
    const { outcome } = report;
    if (this.outcomes.get(witness) === outcome) return;
    this.outcomes.set(witness, outcome);
    this.telemetry.changed(witness, outcome);
    if (outcome === 'ahead') this.found('WITNESS_AHEAD', witness);
    if (outcome === 'fork') this.found('WITNESS_FORK', witness);
  }

  /** Whether the newest checkpoint has its quorum; writes down what was found. */
  async saw(isWitnessed: boolean): Promise<void> {
    this.telemetry.hasQuorum(isWitnessed);
    if (isWitnessed) {
      this.awaySince = undefined;
      this.isAwayFound = false;
    } else {
      this.awaySince ??= performance.now();
      const isLong = performance.now() - this.awaySince >= this.quorumPatienceMs;
      if (isLong && !this.isAwayFound) this.found('QUORUM_LOST');
      this.isAwayFound ||= isLong;
    }
    await this.store();
  }

  private found(kind: FindingKind, witness?: string): void {
    this.telemetry.found(kind, witness);
    this.unstored.push({ kind, witness });
  }

  private async store(): Promise<void> {
    while (this.unstored[0] !== undefined) {
      const { kind, witness } = this.unstored[0];
      await this.repository.addFinding(kind, witness);
      this.unstored.shift();
    }
  }
}
