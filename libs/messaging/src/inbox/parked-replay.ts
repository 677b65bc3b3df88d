import type { DataSource, EntityManager } from 'typeorm';
import { type ErrorCode, SeraiError } from '#libs/errors';
import { inTransaction } from '#libs/persistence';
import {
  changeParkedCode,
  deleteParked,
  firstBefore,
  firstBehind,
  lockParked,
} from '../parking/parked-message.repository.js';
import type { ReceivedRecord } from '../records.js';
import { enterInbox } from './inbox.repository.js';
import type { MessageHandler } from './message-handler.js';
import { rejectionCode } from './rejection-code.js';

export interface ParkedReplayOptions<T> {
  /** Name of the consumer that parked: the app. */
  readonly name: string;
  readonly dataSource: DataSource;
  /** The same handler that the consumer has. */
  readonly handler: MessageHandler<T>;
}

export interface ReplayOutcome {
  /** Records that are handled now, the followers of the key among them. */
  readonly replayed: number;
  /** The record that failed again and stays parked, with the reason of now. */
  readonly stopped?: { readonly id: string; readonly code: ErrorCode };
}

/**
 * Gives parked records to their handler again, once their cause is mended. A record that succeeds is no longer parked; then the records follow that
 * wait behind it because of their key, in order, until one fails. Each is a transaction of its own.
 */
export class ParkedReplay<T> {
  constructor(private readonly options: ParkedReplayOptions<T>) {}

  /**
   * @param id of a record that `listParked` shows
   * @throws SeraiError ERR_REQUEST_NOT_FOUND when there is none; ERR_KEY_PARKED when an earlier record of its key must go first
   */
  async replay(id: string): Promise<ReplayOutcome> {
    const { dataSource, name } = this.options;
    let replayed = 0;
    let next: string | undefined = id;
    while (next !== undefined) {
      const current: string = next;
      try {
        const record = await inTransaction(dataSource, (tx) => this.replayOne(tx, current, replayed > 0));
        if (!record) break;
        replayed += 1;
        next = await firstBehind(dataSource.manager, name, record);
      } catch (error) {
        return { replayed, stopped: await this.keep(current, error) };
      }
    }
    return { replayed };
  }

  /** Undefined when another replay was faster. */
  private async replayOne(tx: EntityManager, id: string, isFollower: boolean): Promise<ReceivedRecord | undefined> {
    const { name, handler } = this.options;
    const parked = await lockParked(tx, name, id);
    if (!parked && isFollower) return undefined;
    if (!parked) throw new NotReplayable('ERR_REQUEST_NOT_FOUND', `${name} has no parked record ${id}.`);
    const { record, code } = parked;
    const earlier = code === 'ERR_KEY_PARKED' ? await firstBefore(tx, name, record) : undefined;
    if (earlier !== undefined) {
      throw new NotReplayable(
        'ERR_KEY_PARKED',
        `Record ${earlier} of the same key is parked before it. Replay that one.`,
      );
    }
    const message = await handler.verify(record);
    if (await enterInbox(tx, name, message.id)) await handler.handle(tx, [{ record, message }]);
    await deleteParked(tx, id);
    return record;
  }

  private async keep(id: string, error: unknown): Promise<{ id: string; code: ErrorCode }> {
    if (error instanceof NotReplayable) throw error;
    const code = rejectionCode(error) ?? 'ERR_INTERNAL_UNEXPECTED';
    await changeParkedCode(this.options.dataSource.manager, id, code);
    return { id, code };
  }
}

/** The caller's mistake, not the record's. */
class NotReplayable extends SeraiError {}
