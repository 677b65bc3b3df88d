import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { FeedEntry } from '#libs/contracts';
import { inTransaction } from '#libs/persistence';
import { Metrics } from '#libs/telemetry';
import { turnOf } from './catch-up-turn.js';
import { moveFeedCursor } from './feed.repository.js';
import { countWaiting, findNextWaiting, insertWaiting, removeWaiting } from './feed-backlog.repository.js';
import type { FeedPosition } from './feed-chain.js';
import type { FeedFact } from './feed-fact.js';
import { behind, FeedHandler, type Handled } from './feed-handler.js';

/** Entries that take effect in one transaction. */
const BATCH = 100;

/** Another instance has taken an entry of the batch: nothing of it has happened here. */
class Outrun extends Error {}

/**
 * What piled up while this access point was away: received in the order of the feed, verified and durable, before it takes effect in the order of its
 * urgency. Where the process ends in between, the next one goes on.
 */
@Injectable()
export class FeedBacklog {
  constructor(
    private readonly dataSource: DataSource,
    private readonly handler: FeedHandler,
    metrics: Metrics,
  ) {
    metrics.gauge(
      {
        name: 'serai_access_point_feed_backlog_entries',
        help: 'Entries of the feed that were received after an outage and have not taken effect yet.',
      },
      async (gauge) => {
        const count = await countWaiting(dataSource.manager).catch(() => undefined);
        if (count !== undefined) gauge.set(count);
      },
    );
  }

  /** Receives entries behind a position, whose chain has been followed, as {@link FeedHandler.handle} without their effects. */
  async store(from: FeedPosition, entries: readonly FeedEntry[]): Promise<Handled | undefined> {
    const { facts, broken } = await this.handler.establish(entries);
    const position = behind(from, facts);
    const isStored = await inTransaction(this.dataSource, async (tx) => {
      if (facts.length === 0) return true;
      if (!(await moveFeedCursor(tx, from, position, true))) return false;
      const waiting = facts.map((fact) => ({ entry: fact.entry, turn: turnOf(fact), subject: fact.subject }));
      await insertWaiting(tx, waiting);
      return true;
    });
    return isStored ? { position, broken } : undefined;
  }

  /** Gives everything that waits its effect, batch by batch, until `signal` aborts. */
  async settle(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const entries = await findNextWaiting(this.dataSource.manager, BATCH);
      if (entries.length === 0) return;
      const { facts, broken } = await this.handler.establish(entries);
      // It was whole when it was stored: this database has been changed.
      const spoilt = broken && {
        entry: entries[facts.length]!,
        fact: { kind: 'quarantined', code: broken.code } as const,
      };
      await this.apply(spoilt ? [...facts, spoilt] : facts);
    }
  }

  private async apply(facts: readonly FeedFact[]): Promise<void> {
    try {
      const effects = await inTransaction(this.dataSource, async (tx) => {
        const entries = facts.map(({ entry }) => entry);
        if (!(await removeWaiting(tx, entries))) throw new Outrun();
        return this.handler.apply(tx, facts);
      });
      this.handler.report(facts, effects);
    } catch (error) {
      if (!(error instanceof Outrun)) throw error;
    }
  }
}
