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

/** Numbers for the metrics; counted when the transaction has committed. */
export interface Outcome {
  readonly handled: number;
  readonly duplicate: number;
  readonly parked: number;
}

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

  /** @param skipEffects true to count the messages as handled without handling them */
  async run(tx: EntityManager, assessed: readonly Assessed<T>[], skipEffects = false): Promise<Outcome> {
    const { name, parkKeys, handler } = this.options;
    const blocked = parkKeys ? followersOf(assessed) : new Set<bigint>();
    const candidates = assessed.map(({ record, message }) => ({
      record,
      messageId: blocked.has(record.offset) ? undefined : message?.id,
    }));
    const { fresh, parked, behind } = await admit(tx, name, candidates, parkKeys);
    const rejections = assessed
      .filter(({ record }) => !parked.has(record.offset))
      .flatMap(({ record, code }): Rejection[] => {
        if (behind.has(record.offset) || blocked.has(record.offset)) return [{ record, code: 'ERR_KEY_PARKED' }];
        return code === undefined ? [] : [{ record, code }];
      });
    const newlyParked = rejections.length > 0 ? await this.park(tx, rejections, behind) : 0;
    const messages = firstOfEach(assessed, fresh, (offset) => behind.has(offset) || blocked.has(offset));
    if (messages.length > 0 && !skipEffects) await handler.handle(tx, messages);
    const duplicate = assessed.length - messages.length - newlyParked;
    return { handled: messages.length, duplicate, parked: newlyParked };
  }

  private async park(
    tx: EntityManager,
    rejections: readonly Rejection[],
    behind: ReadonlySet<bigint>,
  ): Promise<number> {
    const { name, outbox } = this.options;
    const { topic, partition } = rejections[0]!.record;
    if (behind.size > 0) await this.holdKeys(tx, topic, rejections, behind);
    const inserted = await insertParked(tx, name, topic, partition, rejections);
    const copies = rejections
      .filter(({ record }) => inserted.has(record.offset))
      .map((rejection) => copyForTopic(name, rejection))
      .filter((copy) => this.fits(copy));
    await outbox.add(tx, copies);
    return inserted.size;
  }

  private async holdKeys(
    tx: EntityManager,
    topic: string,
    rejections: readonly Rejection[],
    behind: ReadonlySet<bigint>,
  ): Promise<void> {
    const keys = rejections.filter(({ record }) => behind.has(record.offset)).map(({ record }) => record.key);
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

/** Offsets of records whose key an earlier record of the same batch will park. */
function followersOf<T>(assessed: readonly Assessed<T>[]): Set<bigint> {
  const keys = new Set<string>();
  const followers = new Set<bigint>();
  for (const { record, code } of assessed) {
    if (keys.has(record.key)) followers.add(record.offset);
    else if (code !== undefined) keys.add(record.key);
  }
  return followers;
}

/** The same message may lie in a batch twice: only its first record counts. */
function firstOfEach<T>(
  assessed: readonly Assessed<T>[],
  fresh: ReadonlySet<string>,
  isBlocked: (offset: bigint) => boolean,
): ReceivedMessage<T>[] {
  const left = new Set(fresh);
  return assessed.filter(
    (entry): entry is ReceivedMessage<T> =>
      entry.message !== undefined && !isBlocked(entry.record.offset) && left.delete(entry.message.id),
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
