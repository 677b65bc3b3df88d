import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SeraiError } from '#libs/errors';
import { Metrics, Readiness } from '#libs/telemetry';
import { countQuarantined } from './feed.repository.js';
import { findOpenDispute } from './feed-dispute.repository.js';

/** Tells whoever watches this access point that its feed does not fit, or that single entries could not be believed. */
@Injectable()
export class FeedAlarm {
  constructor(
    private readonly dataSource: DataSource,
    readiness: Readiness,
    metrics: Metrics,
  ) {
    const { manager } = dataSource;
    readiness.add({ name: 'feed', check: () => this.assertQuiet() });
    metrics.gauge(
      {
        name: 'serai_access_point_feed_broken',
        help: '1 while the feed does not continue what was read, and nothing behind that is applied.',
      },
      async (gauge) => {
        const open = await findOpenDispute(manager).catch(() => 'unknown');
        if (open !== 'unknown') gauge.set(open === undefined ? 0 : 1);
      },
    );
    metrics.gauge(
      {
        name: 'serai_access_point_quarantined_entries',
        help: 'Entries of the feed that did not verify or could not be read.',
      },
      async (gauge) => {
        const count = await countQuarantined(manager).catch(() => undefined);
        if (count !== undefined) gauge.set(count);
      },
    );
  }

  private async assertQuiet(): Promise<void> {
    const open = await findOpenDispute(this.dataSource.manager);
    if (open === undefined) return;
    throw new SeraiError(
      'ERR_FEED_BROKEN',
      `The feed does not fit behind entry ${open.afterSequence} (${open.fault}). Nothing behind it is applied; the hub was told, and the feed is read again from there.`,
    );
  }
}
