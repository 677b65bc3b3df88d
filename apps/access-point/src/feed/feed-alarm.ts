import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SeraiError } from '#libs/errors';
import { Metrics, Readiness } from '#libs/telemetry';
import { countQuarantined } from './feed.repository.js';

/** Tells whoever watches this access point that its feed cannot be believed, or that single entries could not. */
@Injectable()
export class FeedAlarm {
  private raised = false;

  constructor(dataSource: DataSource, readiness: Readiness, metrics: Metrics) {
    readiness.add({ name: 'feed', check: () => this.assertQuiet() });
    metrics.gauge(
      {
        name: 'serai_access_point_feed_broken',
        help: '1 when the chain of the feed does not fit and reading has stopped.',
      },
      (gauge) => gauge.set(this.raised ? 1 : 0),
    );
    metrics.gauge(
      {
        name: 'serai_access_point_quarantined_entries',
        help: 'Entries of the feed that did not verify or could not be read.',
      },
      async (gauge) => {
        const count = await countQuarantined(dataSource.manager).catch(() => undefined);
        if (count !== undefined) gauge.set(count);
      },
    );
  }

  get isRaised(): boolean {
    return this.raised;
  }

  /** For good: only a restart, after somebody has looked, tries again. */
  raise(): void {
    this.raised = true;
  }

  private assertQuiet(): void {
    if (!this.raised) return;
    throw new SeraiError(
      'ERR_FEED_BROKEN',
      'The feed has a gap, a repeat or a changed entry. Reading has stopped; keep this database and ask the auditors of the hub.',
    );
  }
}
