import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { type ErrorCode, isSeraiError } from '#libs/errors';
import { inTransaction, isTransient } from '#libs/persistence';
import { Company } from '../company.js';
import { errorFields, type MessagingLogger } from '../logger.js';
import type { MessagingMetrics } from '../metrics.js';
import type { Outbox } from '../outbox/outbox.js';
import type { ReceivedRecord, RecordBatch } from '../records.js';
import { type Assessed, InboxTransaction, type Outcome } from './inbox-transaction.js';
import type { MessageHandler, TraceRunner } from './message-handler.js';
import { rejectionCode } from './rejection-code.js';

export interface InboxConsumerOptions<T> {
  /** Name of the consumer group: the app. */
  readonly name: string;
  readonly dataSource: DataSource;
  readonly handler: MessageHandler<T>;
  readonly outbox: Outbox;
  /** True where order per key matters more than progress: behind a parked record, the later ones of its key are parked too. */
  readonly parkKeys: boolean;
  readonly metrics: MessagingMetrics;
  readonly logger: MessagingLogger;
  /** `runWithTraceparent` of `#libs/telemetry`; left out, handlers run without a trace. */
  readonly runWithTraceparent?: TraceRunner;
}

const LONGEST_BACKOFF_MS = 5_000;

/**
 * Exactly one effect per message. A batch is verified, then handled in ONE transaction together with its inbox rows, parked rows and outbox rows;
 * batches of other partitions that came meanwhile share that transaction. When it fails for good each batch goes on alone, and is halved until the
 * failing record is alone, and parked. When something that it needs is away it is tried again, with heartbeats, until it succeeds.
 *
 * @example
 * const consumer = new InboxConsumer({ name: 'requests', dataSource, handler, outbox, parkKeys: true, metrics, logger });
 * @EventPattern(TOPICS.requestSubmissions.name) receive(batch: RecordBatch) { return consumer.process(batch); }
 */
export class InboxConsumer<T> {
  private readonly transaction: InboxTransaction<T>;
  private readonly company = new Company<Assessed<T>>((assessed) => this.commit(assessed));

  constructor(private readonly options: InboxConsumerOptions<T>) {
    this.transaction = new InboxTransaction(options);
  }

  /** Resolves when every record of the batch is handled, known or parked. Rejects when the batch must be given up, with nothing lost. */
  async process(batch: RecordBatch): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      try {
        await this.attempt(batch);
        return;
      } catch (error) {
        if (!isTransient(error)) throw error;
        this.options.metrics.batchRetried(batch.topic);
        const { topic, partition } = batch;
        this.options.logger.warn(
          { topic, partition, failures, ...errorFields(error) },
          'the batch will be tried again',
        );
        await waitOut(batch, Math.min(LONGEST_BACKOFF_MS, 100 * 2 ** failures));
      }
    }
  }

  private async attempt(batch: RecordBatch): Promise<void> {
    const assessed: Assessed<T>[] = [];
    let ignored = 0;
    for (const record of batch.records) {
      const entry = await this.assess(record);
      if (entry) assessed.push(entry);
      else ignored += 1;
      await batch.heartbeat();
    }
    if (assessed.length > 0) await this.settle(batch, assessed);
    if (ignored > 0) this.options.metrics.recordsDone(batch.topic, 'ignored', ignored);
  }

  /** Undefined for a record that means nothing to this consumer. */
  private async assess(record: ReceivedRecord): Promise<Assessed<T> | undefined> {
    try {
      return { record, message: await this.traced(record, () => this.options.handler.verify(record)) };
    } catch (error) {
      const code = rejectionCode(error);
      if (code === undefined) return undefined;
      this.report(record, code, error);
      return { record, code };
    }
  }

  /** With what else there is to commit; when that fails for good, alone. */
  private async settle(batch: RecordBatch, assessed: readonly Assessed<T>[]): Promise<void> {
    try {
      await this.company.join(assessed);
    } catch (error) {
      if (isTransient(error)) throw error;
      await this.settleAlone(batch, assessed);
    }
  }

  /** In one transaction; when that fails for good, in two halves, one after the other. */
  private async settleAlone(batch: RecordBatch, assessed: readonly Assessed<T>[]): Promise<void> {
    try {
      await this.commit(assessed);
    } catch (error) {
      if (isTransient(error)) throw error;
      if (assessed.length === 1) return this.settleFailed(assessed[0]!, error);
      await batch.heartbeat();
      const middle = Math.ceil(assessed.length / 2);
      await this.settleAlone(batch, assessed.slice(0, middle));
      await this.settleAlone(batch, assessed.slice(middle));
    }
  }

  private async settleFailed(entry: Assessed<T>, error: unknown): Promise<void> {
    // Parking itself failed: no record is to blame.
    if (entry.code !== undefined) throw error;
    const code = rejectionCode(error);
    if (code === undefined) return this.commit([entry], true);
    this.report(entry.record, code, error);
    await this.commit([{ record: entry.record, code }]);
  }

  private async commit(assessed: readonly Assessed<T>[], skipEffects = false): Promise<void> {
    const { dataSource, metrics } = this.options;
    const { record } = assessed[0]!;
    const run = () => inTransaction(dataSource, (tx) => this.transaction.run(tx, assessed, skipEffects));
    // The trace of a batch is that of its record where it has only one.
    const outcomes = assessed.length === 1 ? await this.traced(record, run) : await run();
    for (const [topic, ofTopic] of Map.groupBy(outcomes, (_, index) => assessed[index]!.record.topic)) {
      const count = (outcome: Outcome) => ofTopic.filter((one) => one === outcome).length;
      metrics.recordsDone(topic, skipEffects ? 'ignored' : 'handled', count('handled'));
      metrics.recordsDone(topic, 'duplicate', count('duplicate'));
      metrics.recordsDone(topic, 'parked', count('parked'));
    }
  }

  private traced<R>(record: ReceivedRecord, work: () => R): R {
    const { runWithTraceparent } = this.options;
    return runWithTraceparent ? runWithTraceparent(record.headers['traceparent'], work) : work();
  }

  private report({ topic, partition, offset }: ReceivedRecord, code: ErrorCode, error: unknown): void {
    const detail = isSeraiError(error) ? error.detail : undefined;
    const fields = { topic, partition, offset: offset.toString(), ...errorFields(error), code, detail };
    this.options.logger.warn(fields, 'the record is parked');
  }
}

/** Back-off with heartbeats, so that the partition stays here; ends at once when the process shuts down. */
async function waitOut(batch: RecordBatch, ms: number): Promise<void> {
  const until = Date.now() + ms;
  while (Date.now() < until) {
    batch.signal?.throwIfAborted();
    await pause(Math.min(500, until - Date.now()), undefined, batch.signal ? { signal: batch.signal } : {});
    await batch.heartbeat();
  }
}
