import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { TOPICS } from '#libs/contracts';
import { HUB_SETTINGS, type HubSettings, MESSAGING_METRICS } from '#libs/hub';
import { InboxConsumer, type MessagingMetrics, Outbox, type RecordBatch } from '#libs/messaging';
import { LOGGER, type Logger, runWithTraceparent } from '#libs/telemetry';
import { ChangeHandler, type ChangeMessage } from './change.handler.js';

/** Topic in: changes that participants hand in. */
@Controller()
export class ChangeConsumer {
  private readonly inbox: InboxConsumer<ChangeMessage>;

  constructor(
    @Inject(HUB_SETTINGS) { service }: HubSettings,
    @InjectDataSource() dataSource: DataSource,
    outbox: Outbox,
    handler: ChangeHandler,
    @Inject(MESSAGING_METRICS) metrics: MessagingMetrics,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.inbox = new InboxConsumer<ChangeMessage>({
      name: service,
      dataSource,
      handler,
      outbox,
      // Each change stands for itself and is judged against the directory; a bad one must not stop the others.
      parkKeys: false,
      metrics,
      logger,
      runWithTraceparent,
    });
  }

  @EventPattern(TOPICS.directorySubmissions.name)
  receive(@Payload() batch: RecordBatch): Promise<void> {
    return this.inbox.process(batch);
  }
}
