import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InboxConsumer, type InboxConsumerOptions, type MessagingMetrics, Outbox } from '#libs/messaging';
import { LOGGER, type Logger, runWithTraceparent } from '#libs/telemetry';
import type { HubSettings } from '../hub-settings.js';
import { HUB_SETTINGS, MESSAGING_METRICS } from '../tokens.js';

/**
 * Makes the inbox of a service's controller, which has the `@EventPattern`s.
 *
 * @example constructor(inboxes: Inboxes, legs: LegService) { this.inbox = inboxes.of(legs, { parkKeys: true }); }
 */
@Injectable()
export class Inboxes {
  constructor(
    @Inject(HUB_SETTINGS) private readonly settings: HubSettings,
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    @Inject(MESSAGING_METRICS) private readonly metrics: MessagingMetrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  of<T>(
    handler: InboxConsumerOptions<T>['handler'],
    { parkKeys }: Pick<InboxConsumerOptions<T>, 'parkKeys'>,
  ): InboxConsumer<T> {
    const { dataSource, outbox, metrics, logger } = this;
    const name = this.settings.service;
    return new InboxConsumer({ name, dataSource, handler, outbox, parkKeys, metrics, logger, runWithTraceparent });
  }
}
