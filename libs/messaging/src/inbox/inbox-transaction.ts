import type { EntityManager } from 'typeorm';
import { parkedTopic } from '#libs/contracts';
import type { ErrorCode } from '#libs/errors';
import type { MessagingLogger } from '../logger.js';
import type { Outbox } from '../outbox/outbox.js';
import { holdParkedKeys, insertParked, type Rejection } from '../parking/parked-message.repository.js';
import { MAX_RECORD_BYTES, type OutgoingRecord, type ReceivedRecord, recordBytes } from '../records.js';
import { admit } from './inbox.repository.js';
import type { MessageHandler, ReceivedMessage } from './message-handler.js';

/** What verification made of a record: a message, or the code of why there is none. */
export type Assessed<T> =
  | (ReceivedMessage<T> & { readonly code?: undefined })
  | { readonly record: ReceivedRecord; readonly message?: undefined; readonly code: ErrorCode };

/** What became of a record in this transaction. */
export type Outcome = 'handled' | 'duplicate' | 'parked';

/** A key was released by a replay while this transaction ran; it must run again. SQLSTATE 40001 makes it so. */
class KeysReleased extends Error {
  readonly code = '40001';
}

export interface InboxTransactionOptions<T> {
  readonly name: string;
  readonly handler: MessageHandler<T>;
  readonly outbox: Outbox;
  readonly parkKeys: boolean;
  readonly logger: MessagingLogger;
}

/** The body of one transaction of a consumer: inbox, parking, effects. */
export class InboxTransaction<T> {
  constructor(private readonly options: InboxTransactionOptions<T>) {}

  /**
   * @param assessed records of one or more partitions; those of one partition in their order
   * @param skipEffects true to count the messages as handled without handling them
   * @returns what became of each record, in the same order; for the metrics, once the transaction has committed
   */
  async run(tx: EntityManager, assessed: readonly Assessed<T>[], skipEffects = false): Promise<Outcome[]> {
    const { name, parkKeys, handler } = this.options;
    const blocked = parkKeys ? followersOf(assessed) : new Set<ReceivedRecord>();
    const candidates = assessed.map(({ record, message }) => ({
      record,
      messageId: blocked.has(record) ? undefined : message?.id,
    }));
    const { fresh, parked, behind } = await admit(tx, name, candidates, parkKeys);
    const rejections = assessed
      .filter(({ record }) => !parked.has(record))
      .flatMap(({ record, code }): Rejection[] => {
        if (behind.has(record) || blocked.has(record)) return [{ record, code: 'ERR_KEY_PARKED' }];
        return code === undefined ? [] : [{ record, code }];
      });
    const newlyParked = await this.park(tx, rejections, behind);
    const messages = firstOfEach(assessed, fresh, (record) => behind.has(record) || blocked.has(record));
    if (messages.length > 0 && !skipEffects) await handler.handle(tx, messages);
    const handled = new Set(messages.map(({ record }) => record));
    return assessed.map(({ record }) =>
      handled.has(record) ? 'handled' : newlyParked.has(record) ? 'parked' : 'duplicate',
    );
  }

  private async park(
    tx: EntityManager,
    rejections: readonly Rejection[],
    behind: ReadonlySet<ReceivedRecord>,
  ): Promise<Set<ReceivedRecord>> {
    const parked = new Set<ReceivedRecord>();
    const ofPartition = Map.groupBy(rejections, ({ record: { topic, partition } }) => `${topic} ${partition}`);
    for (const together of ofPartition.values()) {
      for (const record of await this.parkOfPartition(tx, together, behind)) parked.add(record);
    }
    return parked;
  }

  private async parkOfPartition(
    tx: EntityManager,
    rejections: readonly Rejection[],
    behind: ReadonlySet<ReceivedRecord>,
  ): Promise<ReceivedRecord[]> {
    const { name, outbox } = this.options;
    const { topic, partition } = rejections[0]!.record;
    const followers = rejections.filter(({ record }) => behind.has(record));
    if (followers.length > 0) await this.holdKeys(tx, topic, followers);
    const inserted = await insertParked(tx, name, topic, partition, rejections);
    const parked = rejections.filter(({ record }) => inserted.has(record.offset));
    const copies = parked.map((rejection) => copyForTopic(name, rejection)).filter((copy) => this.fits(copy));
    await outbox.add(tx, copies);
    return parked.map(({ record }) => record);
  }

  private async holdKeys(tx: EntityManager, topic: string, followers: readonly Rejection[]): Promise<void> {
    const keys = followers.map(({ record }) => record.key);
    const held = await holdParkedKeys(tx, this.options.name, topic, keys);
    if (keys.some((key) => !held.has(key))) throw new KeysReleased('a parked key was released');
  }

  /** A record of another writer may be larger than ours; then it is parked in the table alone. */
  private fits(copy: OutgoingRecord): boolean {
    if (recordBytes(copy) <= MAX_RECORD_BYTES) return true;
    this.options.logger.error({ topic: copy.topic }, 'a parked record is too large for its topic');
    return false;
  }
}

/** Records whose key an earlier record of the same batch will park. */
function followersOf<T>(assessed: readonly Assessed<T>[]): Set<ReceivedRecord> {
  const keys = new Set<string>();
  const followers = new Set<ReceivedRecord>();
  for (const { record, code } of assessed) {
    const key = `${record.topic} ${record.key}`;
    if (keys.has(key)) followers.add(record);
    else if (code !== undefined) keys.add(key);
  }
  return followers;
}

/** The same message may lie in a batch twice: only its first record counts. */
function firstOfEach<T>(
  assessed: readonly Assessed<T>[],
  fresh: ReadonlySet<string>,
  isBlocked: (record: ReceivedRecord) => boolean,
): ReceivedMessage<T>[] {
  const left = new Set(fresh);
  return assessed.filter(
    (entry): entry is ReceivedMessage<T> =>
      entry.message !== undefined && !isBlocked(entry.record) && left.delete(entry.message.id),
  );
}

/** Headers of our own begin with `serai-parked-`; the record's own headers stay. */
function copyForTopic(consumer: string, { record, code }: Rejection): OutgoingRecord {
  return {
    topic: parkedTopic(record.topic, consumer),
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      'serai-parked-code': code,
      'serai-parked-topic': record.topic,
      'serai-parked-partition': String(record.partition),
      'serai-parked-offset': String(record.offset),
    },
  };
}
