import { Inject, Injectable } from '@nestjs/common';
import { TOPICS } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { type LogRecord, messageHashOf } from '#libs/evidence';
import { KAFKA_CONNECTION } from '#libs/hub';
import { type KafkaConnection, type RecordBatch, RecordFollower } from '#libs/messaging';

/** Without any record for so long, the broker counts as away. */
const PATIENCE_MS = 30_000;

/** Reads events of the service `requests` again, from the topic that keeps them for ever. */
@Injectable()
export class LoggedEvents {
  constructor(@Inject(KAFKA_CONNECTION) private readonly connection: KafkaConnection) {}

  /**
   * The events that these leaves stand for, by their hashes.
   *
   * @throws SeraiError ERR_BROKER_UNAVAILABLE; ERR_EVIDENCE_RULE where the topic holds another record than was logged
   */
  async of(records: readonly LogRecord[]): Promise<ReadonlyMap<string, string>> {
    const missing = new Map(records.map((record) => [placeOf(record), record.messageHash]));
    const events = new Map<string, string>();
    if (missing.size === 0) return events;
    const take = ({ records: read }: RecordBatch): void => {
      for (const record of read) {
        const hash = missing.get(placeOf(record));
        if (hash === undefined) continue;
        events.set(hash, eventOf(record.value, hash));
        missing.delete(placeOf(record));
      }
    };
    await this.follow(firstOffsets(records), (batch) => {
      take(batch);
      return missing.size === 0;
    });
    return events;
  }

  /** Until a batch was the last that was needed. */
  private async follow(begin: ReadonlyMap<number, bigint>, isLast: (batch: RecordBatch) => boolean): Promise<void> {
    const over = Promise.withResolvers<void>();
    const away = setTimeout(() => over.reject(unavailable()), PATIENCE_MS);
    const follower = new RecordFollower({
      connection: this.connection,
      topics: [TOPICS.requestEvents.name],
      name: 'audit-statistics',
      startAt: (_topic, partition) => begin.get(partition) ?? 'latest',
      handle: async (batch) => {
        away.refresh();
        if (isLast(batch)) over.resolve();
      },
      onCrash: over.reject,
    });
    try {
      await follower.start();
      await over.promise;
    } finally {
      clearTimeout(away);
      await follower.stop();
    }
  }
}

const placeOf = ({ partition, offset }: { readonly partition: number; readonly offset: bigint | string }): string =>
  `${partition} ${offset}`;

function firstOffsets(records: readonly LogRecord[]): Map<number, bigint> {
  const first = new Map<number, bigint>();
  for (const { partition, offset } of records) {
    const known = first.get(partition);
    if (known === undefined || BigInt(offset) < known) first.set(partition, BigInt(offset));
  }
  return first;
}

/** The envelope of the hub, without the one that caused it. */
function eventOf(value: Buffer, hash: string): string {
  const [event = ''] = value.toString('latin1').split('\n', 1);
  if (messageHashOf(event) === hash) return event;
  throw new SeraiError('ERR_EVIDENCE_RULE', 'The topic holds another record than was logged: it was changed.', {
    detail: { hash },
  });
}

function unavailable(): SeraiError {
  return new SeraiError('ERR_BROKER_UNAVAILABLE', 'The broker does not hand out the events. Try again later.');
}
