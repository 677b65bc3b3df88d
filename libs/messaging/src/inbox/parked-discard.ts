import type { DataSource, EntityManager } from 'typeorm';
import { SeraiError } from '#libs/errors';
import { inTransaction } from '#libs/persistence';
import {
  closeParked,
  countBehind,
  firstBefore,
  firstBehind,
  lockParked,
} from '../parking/parked-message.repository.js';
import type { ReceivedRecord } from '../records.js';
import type { MessageHandler } from './message-handler.js';
import { ParkedReplay, type ReplayOutcome } from './parked-replay.js';
import { rejectionCode } from './rejection-code.js';

export interface ParkedDiscardOptions {
  /** Name of the consumer that parked: the app. */
  readonly name: string;
  readonly dataSource: DataSource;
  /** The same handler that the consumer has. */
  readonly handler: MessageHandler<object>;
  /** Whether records of this one's topic hold back later ones of their key. */
  readonly holdsKey: (record: ReceivedRecord) => boolean;
}

/** An operator's decision. */
export interface Discard {
  readonly id: string;
  /** Key of the operator. */
  readonly by: string;
  readonly reason: string;
  /** True from who knows that later records of its key will be handled without it. */
  readonly releaseKey: boolean;
}

/**
 * Closes a parked record that can not verify: it is kept as evidence, with who closed it and why, counts as open no more, and is never handled, also when
 * the broker brings it again. Then those that waited behind it are replayed, in order.
 */
export class ParkedDiscard {
  constructor(private readonly options: ParkedDiscardOptions) {}

  /**
   * @returns what became of the records that waited behind it
   * @throws SeraiError ERR_REQUEST_NOT_FOUND when there is none; ERR_KEY_PARKED when an earlier record of its key must go first; ERR_PARKED_WELL when it
   * verifies now, or fails for a reason that is not its own; ERR_PARKED_KEY_HELD when it would release its key and that was not said
   */
  async discard(discard: Discard): Promise<ReplayOutcome> {
    const { dataSource, name } = this.options;
    const record = await inTransaction(dataSource, (tx) => this.close(tx, discard));
    const next = await firstBehind(dataSource.manager, name, record);
    return next === undefined ? { replayed: 0 } : new ParkedReplay(this.options).replay(next);
  }

  private async close(tx: EntityManager, { id, by, reason, releaseKey }: Discard): Promise<ReceivedRecord> {
    const { name, holdsKey } = this.options;
    const record = (await lockParked(tx, name, id))?.record;
    if (!record) throw new SeraiError('ERR_REQUEST_NOT_FOUND', `${name} has no parked record ${id}.`);
    await this.assertFirst(tx, record);
    await this.assertHopeless(record);
    if (holdsKey(record) && !releaseKey) throw await this.keyHeld(tx, record);
    await closeParked(tx, id, { by, reason });
    return record;
  }

  private async assertFirst(tx: EntityManager, record: ReceivedRecord): Promise<void> {
    if (!this.options.holdsKey(record)) return;
    const earlier = await firstBefore(tx, this.options.name, record);
    if (earlier !== undefined) {
      throw new SeraiError('ERR_KEY_PARKED', `Record ${earlier} of the same key is parked before it. Settle that one.`);
    }
  }

  private async keyHeld(tx: EntityManager, record: ReceivedRecord): Promise<SeraiError> {
    const waiting = await countBehind(tx, this.options.name, record);
    return new SeraiError(
      'ERR_PARKED_KEY_HELD',
      `Later records of its aggregate will be handled without it; ${waiting} wait now. Say that you release the key.`,
    );
  }

  /** What a participant signed, and was given a receipt for, is never thrown away because of a fault of ours. */
  private async assertHopeless(record: ReceivedRecord): Promise<void> {
    try {
      await this.options.handler.verify(record);
    } catch (error) {
      const code = rejectionCode(error);
      if (code !== undefined && code !== 'ERR_INTERNAL_UNEXPECTED') return;
      throw new SeraiError(
        'ERR_PARKED_WELL',
        'Nothing is wrong with the record itself. Mend the cause and replay it.',
        {
          cause: error,
        },
      );
    }
    throw new SeraiError('ERR_PARKED_WELL', 'The record verifies. Replay it.');
  }
}
