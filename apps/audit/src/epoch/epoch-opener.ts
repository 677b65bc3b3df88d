import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LOG_SUBJECT, TOPICS } from '#libs/contracts';
import { frameEvent } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { CheckpointJudge } from '#libs/evidence';
import { HubDirectory, HubIdentity, KAFKA_CONNECTION, RECORD_PRODUCER } from '#libs/hub';
import { type KafkaConnection, type ReceivedRecord, type RecordProducer, TopicReader } from '#libs/messaging';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger } from '#libs/telemetry';
import { Frontier, parseNote } from '#libs/transparency-log';
import { AUDIT_CONFIG, type AuditConfig } from '../config.js';
import { ProducerRepository } from '../producer/producer.repository.js';
import { ProducerWatch } from '../producer/producer-watch.js';
import { placeOf, planBatch } from '../sequencing/log-head.js';
import type { NewBatch } from '../sequencing/new-batch.js';
import { SequencingRepository } from '../sequencing/sequencing.repository.js';
import {
  type EpochBegin,
  findEpochBegin,
  findEpochEnd,
  findPositionsAt,
  insertEpochBegin,
} from './epoch.repository.js';
import { epochStatementOf, signOpening } from './epoch-statements.js';
import { type HeldLog, HeldLogs } from './held-logs.js';

/** Where the log before ends for everybody: its last published checkpoint. */
interface PublishedEnd {
  readonly origin: string;
  readonly size: number;
  /** Signed note with its cosignatures. */
  readonly checkpoint: string;
}

/**
 * Begins a log that continues another one. It holds every record that the one before does not hold under its last published checkpoint: what was sequenced behind
 * that, and believed by no witness, is sequenced anew.
 */
@Injectable()
export class EpochOpener {
  constructor(
    private readonly dataSource: DataSource,
    private readonly logs: HeldLogs,
    private readonly repository: SequencingRepository,
    private readonly directory: HubDirectory,
    private readonly identity: HubIdentity,
    @Inject(AUDIT_CONFIG) private readonly config: AuditConfig,
    @Inject(KAFKA_CONNECTION) private readonly connection: KafkaConnection,
    @Inject(RECORD_PRODUCER) private readonly producer: RecordProducer,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Does nothing where the log has begun, or continues none. Whoever dies on the way begins anew: the opening that was produced is found again.
   *
   * @throws SeraiError ERR_CONFIG_INVALID when the log before has not ended, or not for this one; ERR_LOG_STATE when nothing of it was published
   */
  async openIfNew(fence: bigint): Promise<void> {
    const [previous] = this.logs.earlier;
    const begun = await findEpochBegin(this.dataSource);
    const size = (await this.repository.edge()).size;
    if (begun !== undefined || size > 0 || previous === undefined)
      return assertSame(begun?.origin, previous?.origin, size);
    const end = await this.publishedEnd(previous);
    await this.assertEnded(previous, end);
    const record = (await this.find(end)) ?? (await this.produce(end));
    await this.begin(fence, previous, end, record);
    this.logger.info({ previous: end.origin, size: end.size }, 'the log has begun where the one before it ended');
  }

  private async publishedEnd({ origin, folder }: HeldLog): Promise<PublishedEnd> {
    const note = await folder.readCheckpoint();
    if (note === undefined)
      throw new SeraiError('ERR_LOG_STATE', `The folder of ${origin} holds no published checkpoint to go on from.`);
    const { checkpoint } = new CheckpointJudge(this.directory.current).judge(parseNote(note));
    if (checkpoint.origin !== origin)
      throw new SeraiError('ERR_LOG_STATE', `The folder of ${origin} holds a checkpoint of ${checkpoint.origin}.`);
    return { origin, size: checkpoint.size, checkpoint: note.toString() };
  }

  /** A log that nothing closed is continued only by who says so: it may go on elsewhere. */
  private async assertEnded({ origin, database }: HeldLog, { size }: PublishedEnd): Promise<void> {
    const ended = await findEpochEnd(database);
    if (ended !== undefined && ended.next !== this.config.origin)
      throw misconfigured(`${origin} was closed for ${ended.next}, and SERAI_AUDIT_ORIGIN is ${this.config.origin}.`);
    if (this.config.unclosed === origin || ended?.leaf === size - 1) return;
    throw misconfigured(
      ended === undefined
        ? `${origin} has not been closed. Start audit with it and SERAI_AUDIT_NEXT=${this.config.origin} first; where its key was used by somebody else, set SERAI_AUDIT_UNCLOSED=${origin}.`
        : `${origin} was closed, and its last checkpoint is not published yet. Let audit run with it until it is.`,
    );
  }

  /** An opening that says just this, from an attempt before. */
  private async find(end: PublishedEnd): Promise<OpeningRecord | undefined> {
    for (const record of await this.readTopic()) {
      const statement = await epochStatementOf(record, this.directory.current);
      if (statement?.kind !== 'opened' || statement.origin !== this.config.origin) continue;
      const { previous, envelope } = statement;
      if (previous.origin === end.origin && previous.checkpoint === end.checkpoint) return { record, envelope };
    }
    return undefined;
  }

  private async produce({ origin, checkpoint }: PublishedEnd): Promise<OpeningRecord> {
    const envelope = await signOpening(this.identity, { origin: this.config.origin, previous: { origin, checkpoint } });
    const topic = TOPICS.auditEpochs.name;
    const { offset } = await this.producer.send({ topic, key: LOG_SUBJECT, value: frameEvent(envelope) });
    const record = (await this.readTopic()).find((read) => read.offset === offset);
    if (record !== undefined) return { record, envelope };
    throw new SeraiError('ERR_BROKER_UNAVAILABLE', 'The broker does not hand out the opening of the log.');
  }

  private async readTopic(): Promise<ReceivedRecord[]> {
    const records: ReceivedRecord[] = [];
    const failed = Promise.withResolvers<never>();
    const reader = new TopicReader({
      connection: this.connection,
      topic: TOPICS.auditEpochs.name,
      name: 'audit-epochs',
      handle: async (record) => void records.push(record),
      onCrash: failed.reject,
    });
    try {
      await reader.start();
      await Promise.race([reader.caughtUp(), failed.promise]);
    } finally {
      await reader.stop();
    }
    return records;
  }

  /** The first leaf and everything that it continues, or nothing. */
  private async begin(
    fence: bigint,
    { database, salts: _, ...previous }: HeldLog,
    end: PublishedEnd,
    opening: OpeningRecord,
  ) {
    const positions = await findPositionsAt(database, end.size);
    const producers = new ProducerWatch(new ProducerRepository(database));
    await producers.begin(end.size);
    const begin: EpochBegin = {
      opening: opening.envelope,
      origin: previous.origin,
      schema: String((database.options as { schema?: string }).schema),
      size: end.size,
      positions,
      producers: producers.known,
    };
    const batch = this.firstBatch(opening.record, positions);
    await inTransaction(this.dataSource, async (tx) => {
      await insertEpochBegin(tx, begin);
      const { outcome } = await this.repository.append(fence, batch, tx);
      if (outcome !== 'appended') throw new SeraiError('ERR_LOG_FENCED', 'Another process has taken over the log.');
    });
  }

  /** The opening is not read here: whoever reads its partition finds it in the log. */
  private firstBatch(record: ReceivedRecord, positions: EpochBegin['positions']): NewBatch {
    const ranges = positions.map(({ topic, partition, next }) => ({ topic, partition, from: 0n, to: BigInt(next) }));
    const before = new Map(ranges.map(({ topic, partition, to }) => [placeOf(topic, partition), to]));
    const { batch } = planBatch(
      { frontier: new Frontier(), positions: before },
      [record],
      new Set(),
      this.logs.current.salts,
    );
    return { ...batch, ranges, findings: [] };
  }
}

interface OpeningRecord {
  readonly record: ReceivedRecord;
  readonly envelope: string;
}

/** A log knows which one it continues: with another one in the settings, leaves would be looked for in the wrong place. */
function assertSame(begun: string | undefined, configured: string | undefined, size: number): void {
  if (begun === configured) return;
  if (begun === undefined && size > 0)
    throw misconfigured(`The log has ${size} leaves and continues no other: take SERAI_AUDIT_EARLIER away.`);
  throw misconfigured(`The log continues ${begun}: SERAI_AUDIT_EARLIER must name it first.`);
}

const misconfigured = (message: string): SeraiError => new SeraiError('ERR_CONFIG_INVALID', message);
