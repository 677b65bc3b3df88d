import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuid7 } from 'uuid';
import { LOG_SUBJECT, logProgressStated, type SequencedPosition, TOPICS } from '#libs/contracts';
import { frameEvent, signEnvelope } from '#libs/envelope';
import { HubIdentity, RECORD_PRODUCER } from '#libs/hub';
import type { RecordProducer } from '#libs/messaging';
import { LOGGER, type Logger, PeriodicWork } from '#libs/telemetry';
import { AUDIT_CONFIG, type AuditConfig } from '../config.js';
import type { Leadership, LeaderWork } from '../sequencing/leader-work.js';
import type { ReadRange } from '../sequencing/new-batch.js';
import { WitnessedHead } from './witnessed-head.js';

/** How often all positions are stated, for who has just come. */
const WHOLE_EVERY_MS = 1_000;

/**
 * States on `audit.progress` how far the topics are in the log: with each growth what moved, and once a second everything. One statement travels at a time; what moved
 * meanwhile goes with the next. One that is lost is made up by the next whole one.
 */
@Injectable()
export class ProgressPublisher implements LeaderWork {
  private moved = new Map<string, SequencedPosition>();
  private size = 0;
  private isStating = false;

  constructor(
    @Inject(AUDIT_CONFIG) private readonly config: AuditConfig,
    private readonly identity: HubIdentity,
    @Inject(RECORD_PRODUCER) private readonly producer: RecordProducer,
    private readonly witnessed: WitnessedHead,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async lead({ signal, head }: Leadership): Promise<void> {
    this.moved.clear();
    const stateWhole = async (): Promise<void> => {
      const { frontier, positions } = head();
      const all = [...positions].map(([place, next]) => positionOf(place, next));
      await this.state({ complete: true, positions: all, size: frontier.size });
    };
    await stateWhole().catch((error: unknown) => this.lost(error));
    const failure = 'the progress of the log was not stated; that comes again';
    const work = new PeriodicWork({ everyMs: WHOLE_EVERY_MS, work: stateWhole, failure, logger: this.logger });
    work.start();
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await work.stop();
  }

  /** The log has grown by these; resolves nothing, since nobody waits for the statement. */
  appended(ranges: readonly ReadRange[], size: number): void {
    for (const { topic, partition, to } of ranges) {
      this.moved.set(`${topic} ${partition}`, { topic, partition, next: to.toString() });
    }
    this.size = size;
    void this.stateMoved();
  }

  private async stateMoved(): Promise<void> {
    if (this.isStating) return;
    this.isStating = true;
    try {
      while (this.moved.size > 0) {
        const positions = [...this.moved.values()];
        this.moved = new Map();
        await this.state({ complete: false, positions, size: this.size });
      }
    } catch (error) {
      this.lost(error);
    } finally {
      this.isStating = false;
    }
  }

  private lost(error: unknown): void {
    this.logger.warn({ err: error }, 'the progress of the log was not stated; that comes again');
  }

  private async state(growth: { complete: boolean; positions: SequencedPosition[]; size: number }): Promise<void> {
    const { urn: source, realm, signer } = this.identity;
    const statedAt = new Date().toISOString();
    const { current } = this.witnessed;
    const witnessed = current === undefined ? {} : { witnessed: { size: current.size, at: current.at.toISOString() } };
    const header = { audience: '*', origin: this.config.origin, ...growth, ...witnessed, statedAt };
    const { jws } = await signEnvelope(
      {
        specversion: '1.0',
        id: uuid7(),
        source,
        type: logProgressStated.type,
        subject: LOG_SUBJECT,
        time: statedAt,
        datacontenttype: 'application/json',
        realm,
        data: { header },
      },
      signer,
    );
    await this.producer.send({ topic: TOPICS.auditProgress.name, key: LOG_SUBJECT, value: frameEvent(jws) });
  }
}

function positionOf(place: string, next: bigint): SequencedPosition {
  const [topic = '', partition = ''] = place.split(' ');
  return { topic, partition: Number(partition), next: next.toString() };
}
