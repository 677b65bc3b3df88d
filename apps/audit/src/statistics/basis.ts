import { Injectable } from '@nestjs/common';
import { type BasisPage, TOPICS } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import type { LogRecord } from '#libs/evidence';
import { findEpochBegin } from '../epoch/epoch.repository.js';
import { type HeldLog, HeldLogs } from '../epoch/held-logs.js';
import type { StoredLeaf } from '../leaf/leaf.repository.js';
import { LoggedEvents } from './logged-events.js';

/** The logs before the one that grows, as it continues them. */
export interface EarlierLeaves {
  /** What the logs that continue others begin with, the oldest first. */
  readonly openings: readonly string[];
  /** How many leaves of earlier logs count. */
  readonly size: number;
}

/** Consecutive leaves of one log. */
interface Stretch {
  readonly log: HeldLog;
  readonly begin: number;
  readonly end: number;
}

/** What statistics are counted from: leaves of all logs, one log behind the other, opened, and the events that some of them stand for. */
@Injectable()
export class Basis {
  constructor(
    private readonly logs: HeldLogs,
    private readonly events: LoggedEvents,
  ) {}

  async earlier(): Promise<EarlierLeaves> {
    const begins = await this.begins();
    return {
      openings: begins.map(({ opening }) => opening),
      size: begins.reduce((sum, { size }) => sum + size, 0),
    };
  }

  /**
   * The leaves from `begin` up to, not with, `end`, counted from the first one of the oldest log.
   *
   * @throws SeraiError ERR_BROKER_UNAVAILABLE, ERR_DATABASE_UNAVAILABLE; ERR_EVIDENCE_RULE for a leaf that was pruned, or an event that was changed
   */
  async of(begin: number, end: number): Promise<BasisPage['leaves']> {
    const leaves: BasisPage['leaves'][number][] = [];
    for (const stretch of await this.stretches(begin, end)) leaves.push(...(await this.open(stretch)));
    return leaves;
  }

  private async open({ log, begin, end }: Stretch): Promise<BasisPage['leaves']> {
    const stored = await log.leaves.stored(begin, end);
    const events = await this.events.of(stored.map(({ record }) => record).filter(isEvent));
    return stored.map((leaf) => {
      const { index, record } = leaf;
      const salt = saltOf(log, leaf).toString('base64url');
      return { index, record, salt, ...(isEvent(record) ? { event: events.get(record.messageHash) } : {}) };
    });
  }

  /** Which leaves of which logs these are. */
  private async stretches(begin: number, end: number): Promise<Stretch[]> {
    const sizes = [...(await this.begins()).map(({ size }) => size), Number.POSITIVE_INFINITY];
    let before = 0;
    return this.logs.all.toReversed().flatMap((log, place) => {
      const from = Math.max(0, begin - before);
      const to = Math.min(sizes[place]!, end - before);
      before += sizes[place]!;
      return from < to ? [{ log, begin: from, end: to }] : [];
    });
  }

  /** How each log but the oldest began, in their order. */
  private async begins() {
    const begins = await Promise.all(this.logs.all.map(({ database }) => findEpochBegin(database)));
    return begins.filter((begin) => begin !== undefined).toReversed();
  }
}

function saltOf({ salts }: HeldLog, { index, wrappedSalt }: StoredLeaf): Buffer {
  if (wrappedSalt !== undefined) return salts.wrap(index, wrappedSalt);
  throw new SeraiError(
    'ERR_EVIDENCE_RULE',
    `Leaf ${index} was pruned, since its time was over: nobody can count from it any more.`,
  );
}

const isEvent = ({ topic }: LogRecord): boolean => topic === TOPICS.requestEvents.name;
