import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DataSource } from 'typeorm';
import { TOPICS } from '#libs/contracts';
import { HUB_SETTINGS, type HubSettings, MESSAGING_METRICS } from '#libs/hub';
import { InboxConsumer, type MessagingMetrics, Outbox, type RecordBatch } from '#libs/messaging';
import { LOGGER, type Logger, runWithTraceparent } from '#libs/telemetry';
import { FeedHandler, type FeedMessage } from './feed.handler.js';

/** Topics in: what the hub's services say goes to the feeds, in the order of each aggregate. */
@Controller()
export class FeedConsumer {
  private readonly inbox: InboxConsumer<FeedMessage>;

  constructor(
    @Inject(HUB_SETTINGS) { service }: HubSettings,
    dataSource: DataSource,
    outbox: Outbox,
    handler: FeedHandler,
    @Inject(MESSAGING_METRICS) metrics: MessagingMetrics,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.inbox = new InboxConsumer({
      name: service,
      dataSource,
      handler,
      outbox,
      // A feed must not show a later state of a leg before an earlier one.
      parkKeys: true,
      metrics,
      logger,
      runWithTraceparent,
    });
  }

  @EventPattern(TOPICS.requestEvents.name)
  receiveRequestEvents(@Payload() batch: RecordBatch): Promise<void> {
    return this.inbox.process(batch);
  }

  @EventPattern(TOPICS.directoryEvents.name)
  receiveDirectoryEvents(@Payload() batch: RecordBatch): Promise<void> {
    return this.inbox.process(batch);
  }
}
