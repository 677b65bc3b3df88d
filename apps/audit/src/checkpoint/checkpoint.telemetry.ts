import { Inject, Injectable } from '@nestjs/common';
import type { FindingKind } from '#libs/contracts';
import { isSeraiError } from '#libs/errors';
import { LOGGER, type Logger, Metrics } from '#libs/telemetry';
import { WITNESS_OUTCOMES, type WitnessOutcome, type WitnessReport } from './witness-client.js';

type Level = 'signed' | 'witnessed';

/** What operators see of checkpoints: the newest of each level, whether the quorum is there, and how each witness answers. */
@Injectable()
export class CheckpointTelemetry {
  private readonly reached = new Map<Level, Date>();
  private waiting: string | undefined;
  private readonly size;
  private readonly quorum;
  private readonly witness;
  private readonly answers;
  private readonly skew;
  private readonly findings;

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    metrics: Metrics,
  ) {
    const labelNames = ['level'];
    this.size = metrics.gauge({
      name: 'serai_audit_checkpoint_size',
      help: 'Leaves under the newest checkpoint that is signed, and under the newest that enough witnesses cosigned.',
      labelNames,
    });
    const help = 'Time since a checkpoint was signed, and since one was cosigned by enough witnesses.';
    metrics.gauge({ name: 'serai_audit_checkpoint_age_seconds', help, labelNames }, (gauge) => {
      for (const [level, at] of this.reached) gauge.set({ level }, (Date.now() - at.getTime()) / 1000);
    });
    this.quorum = metrics.gauge({
      name: 'serai_audit_quorum',
      help: '1 while enough witnesses cosign what is signed, 0 while they do not: then nothing is published.',
    });
    this.witness = metrics.gauge({
      name: 'serai_audit_witness_state',
      help: '1 for how a witness, by its name in the log policy, answered last: cosigned, or what was wrong.',
      labelNames: ['witness', 'outcome'],
    });
    this.answers = metrics.counter({
      name: 'serai_audit_witness_answers_total',
      help: 'Answers of witnesses by outcome. Each ahead and fork is an alarm: somebody has seen another history.',
      labelNames: ['witness', 'outcome'],
    });
    this.skew = metrics.gauge({
      name: 'serai_audit_witness_clock_skew_seconds',
      help: 'How far the clock of a witness was ahead of ours when it cosigned last.',
      labelNames: ['witness'],
    });
    this.findings = metrics.counter({
      name: 'serai_audit_findings_total',
      help: 'What the log found wrong while it grew, by kind. Each is an alarm.',
      labelNames: ['kind'],
    });
  }

  /** @param at undefined for one that was signed before this process led */
  signed(size: number, at: Date | undefined): void {
    this.note('signed', size, at);
  }

  witnessed(size: number, at: Date): void {
    this.note('witnessed', size, at);
  }

  hasQuorum(isThere: boolean): void {
    this.quorum.set(isThere ? 1 : 0);
  }

  answered(witness: string, { outcome, cosignature }: WitnessReport): void {
    this.answers.inc({ witness, outcome });
    for (const other of WITNESS_OUTCOMES) this.witness.set({ witness, outcome: other }, other === outcome ? 1 : 0);
    const { timestamp } = cosignature ?? {};
    if (timestamp !== undefined) this.skew.set({ witness }, timestamp - Math.floor(Date.now() / 1000));
  }

  /** A witness answers otherwise than before. */
  changed(witness: string, outcome: WitnessOutcome): void {
    if (outcome === 'cosigned') this.logger.info({ witness }, 'a witness cosigns');
    else this.logger.warn({ witness, outcome }, 'a witness does not cosign');
  }

  found(kind: FindingKind, witness?: string): void {
    this.findings.inc({ kind });
    this.logger.error({ kind, witness }, 'the log has found something wrong');
  }

  /** Told once as long as the reason stays the same: it is tried every second. */
  failed(error: unknown): void {
    this.waits(isSeraiError(error) ? error.code : String(error), () =>
      this.logger.warn({ err: error }, 'no checkpoint was made; that is tried again from what is durable'),
    );
  }

  waitsForPolicy(): void {
    this.waits('policy', () => this.logger.warn('the directory has no log policy: nothing is signed or published'));
  }

  advanced(): void {
    this.waiting = undefined;
  }

  private waits(reason: string, tell: () => void): void {
    if (this.waiting === reason) return;
    this.waiting = reason;
    tell();
  }

  private note(level: Level, size: number, at: Date | undefined): void {
    if (at !== undefined) this.reached.set(level, at);
    this.size.set({ level }, size);
  }
}
