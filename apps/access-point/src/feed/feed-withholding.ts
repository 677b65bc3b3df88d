import { Inject, Injectable } from '@nestjs/common';
import { type FeedWithheld, feedWithheld } from '#libs/contracts';
import { LOGGER, type Logger, Metrics } from '#libs/telemetry';

/** Why the hub hands out nothing more of the feed, as it said last: its word, and nothing is decided by it. */
@Injectable()
export class FeedWithholding {
  private newest: FeedWithheld | undefined;

  constructor(
    metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    metrics.gauge(
      {
        name: 'serai_access_point_feed_withheld',
        help: '1 while the hub says that it hands out nothing more of the feed, by the reason that it gives.',
        labelNames: ['reason'],
      },
      (gauge) => {
        for (const reason of feedWithheld.shape.reason.options) {
          gauge.set({ reason }, reason === this.newest?.reason ? 1 : 0);
        }
      },
    );
  }

  /** Undefined while the feed goes on. */
  get current(): FeedWithheld | undefined {
    return this.newest;
  }

  /** @param said unverified and of any shape; undefined says that the feed goes on */
  heard(said: unknown): void {
    const withheld = feedWithheld.safeParse(said).data;
    const before = this.newest?.reason;
    this.newest = withheld;
    if (withheld?.reason === before) return;
    // Entries wait for the log all the time, each for a moment.
    if (isOutage(withheld?.reason)) this.logger.warn(withheld!, 'the hub hands out nothing more of the feed for now');
    else if (isOutage(before)) this.logger.info('the hub goes on with the feed');
  }
}

function isOutage(reason: FeedWithheld['reason'] | undefined): boolean {
  return reason !== undefined && reason !== 'LOG_BEHIND';
}
