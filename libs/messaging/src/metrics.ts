import { Counter, Gauge, type Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { oldestOutboxAge } from './outbox/outbox.repository.js';
import { countParked } from './parking/parked-message.repository.js';

/** What became of a record. */
export type RecordOutcome = 'handled' | 'duplicate' | 'parked' | 'ignored';

/** What consumers report; {@link messagingMetrics} counts it. */
export interface MessagingMetrics {
  /** Records of the partition that the group has not handled yet. */
  consumerLag(topic: string, partition: number, records: bigint): void;
  recordsDone(topic: string, outcome: RecordOutcome, count: number): void;
  /** A batch is tried again because something that it needs was away. */
  batchRetried(topic: string): void;
}

/**
 * Registers the measures of this lib in `registry`; call it once per registry. Age of the outbox and number of parked records are read from the
 * database when the registry is asked. Alert on age and on parked records.
 */
export function messagingMetrics(registry: Registry, dataSource: DataSource): MessagingMetrics {
  const registers = [registry];
  const lag = new Gauge({
    name: 'serai_consumer_lag_records',
    help: 'Records of a partition that this consumer group has not handled yet.',
    labelNames: ['topic', 'partition'],
    registers,
  });
  const done = new Counter({
    name: 'serai_consumer_records_total',
    help: 'Records consumed, by what became of them.',
    labelNames: ['topic', 'outcome'],
    registers,
  });
  const retried = new Counter({
    name: 'serai_consumer_retries_total',
    help: 'Batches tried again because a dependency was away.',
    labelNames: ['topic'],
    registers,
  });
  measureTables(registry, dataSource);
  return {
    consumerLag: (topic, partition, records) => lag.set({ topic, partition }, Number(records)),
    recordsDone: (topic, outcome, count) => done.inc({ topic, outcome }, count),
    batchRetried: (topic) => retried.inc({ topic }),
  };
}

function measureTables(registry: Registry, dataSource: DataSource): void {
  new Gauge({
    name: 'serai_outbox_oldest_unsent_seconds',
    help: 'Age of the oldest record that the outbox has not handed to the broker; 0 when there is none.',
    registers: [registry],
    async collect() {
      await unlessDatabaseIsAway(async () => this.set(await oldestOutboxAge(dataSource.manager)));
    },
  });
  new Gauge({
    name: 'serai_parked_messages',
    help: 'Records that wait for a human, by consumer.',
    labelNames: ['consumer'],
    registers: [registry],
    async collect() {
      await unlessDatabaseIsAway(async () => {
        const counts = await countParked(dataSource.manager);
        this.reset();
        for (const { consumer, count } of counts) this.set({ consumer }, count);
      });
    },
  });
}

/** The other measures must be readable while the database is not; readiness tells that it is away. */
async function unlessDatabaseIsAway(measure: () => Promise<void>): Promise<void> {
  await measure().catch(() => undefined);
}
