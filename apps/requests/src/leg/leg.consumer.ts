import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DataSource } from 'typeorm';
import { TOPICS } from '#libs/contracts';
import { HUB_SETTINGS, type HubSettings, MESSAGING_METRICS } from '#libs/hub';
import { InboxConsumer, type MessagingMetrics, Outbox, type RecordBatch } from '#libs/messaging';
import { LOGGER, type Logger, runWithTraceparent } from '#libs/telemetry';
import { LegService, type Submission } from './leg.service.js';

/** Topic in: what participants submit about requests. */
@Controller()
export class LegConsumer {
  private readonly inbox: InboxConsumer<Submission>;

  constructor(
    @Inject(HUB_SETTINGS) { service }: HubSettings,
    dataSource: DataSource,
    outbox: Outbox,
    handler: LegService,
    @Inject(MESSAGING_METRICS) metrics: MessagingMetrics,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.inbox = new InboxConsumer({
      name: service,
      dataSource,
      handler,
      outbox,
      // A leg must not be moved past a message of it that waits for a human.
      parkKeys: true,
      metrics,
      logger,
      runWithTraceparent,
    });
  }

  @EventPattern(TOPICS.requestSubmissions.name)
  receive(@Payload() batch: RecordBatch): Promise<void> {
    return this.inbox.process(batch);
  }
}
