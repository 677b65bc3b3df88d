import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SeraiError } from '#libs/errors';
import {
  type Discard,
  InboxConsumer,
  type InboxConsumerOptions,
  type MessageHandler,
  type MessagingMetrics,
  Outbox,
  ParkedDiscard,
  ParkedReplay,
  type ReceivedRecord,
  type ReplayOutcome,
} from '#libs/messaging';
import { LOGGER, type Logger, runWithTraceparent } from '#libs/telemetry';
import type { HubSettings } from '../hub-settings.js';
import { HUB_SETTINGS, MESSAGING_METRICS } from '../tokens.js';

/** How a service takes the records of some topics. */
export interface InboxSettings extends Pick<InboxConsumerOptions<unknown>, 'parkKeys'> {
  /** Names of the topics whose records go to the handler. */
  readonly topics: readonly string[];
}

/**
 * Makes the inboxes of a service's controllers, which have the `@EventPattern`s, and gives what they parked to the same handlers again.
 *
 * @example constructor(inboxes: Inboxes, legs: LegService) { this.inbox = inboxes.of(legs, { topics: [TOPICS.requestSubmissions.name], parkKeys: true }); }
 */
@Injectable()
export class Inboxes {
  private readonly inboxes = new Map<string, { handler: MessageHandler<object>; parkKeys: boolean }>();

  constructor(
    @Inject(HUB_SETTINGS) private readonly settings: HubSettings,
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    @Inject(MESSAGING_METRICS) private readonly metrics: MessagingMetrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  of<T extends object>(handler: MessageHandler<T>, { topics, parkKeys }: InboxSettings): InboxConsumer<T> {
    for (const topic of topics) this.inboxes.set(topic, { handler, parkKeys });
    const { dataSource, outbox, metrics, logger } = this;
    const name = this.settings.service;
    return new InboxConsumer({ name, dataSource, handler, outbox, parkKeys, metrics, logger, runWithTraceparent });
  }

  /**
   * Replays a parked record and those that wait behind it.
   *
   * @throws SeraiError ERR_REQUEST_NOT_FOUND when there is none; ERR_KEY_PARKED when an earlier record of its key must go first
   */
  replay(id: string): Promise<ReplayOutcome> {
    const { dataSource } = this;
    return new ParkedReplay({ name: this.settings.service, dataSource, handler: this.handlerOfAll() }).replay(id);
  }

  /**
   * Closes a parked record that can not verify, and replays those that waited behind it.
   *
   * @throws SeraiError as {@link ParkedDiscard.discard}
   */
  discard(discard: Discard): Promise<ReplayOutcome> {
    const { dataSource } = this;
    const holdsKey = ({ topic }: ReceivedRecord) => this.inboxes.get(topic)?.parkKeys ?? false;
    const name = this.settings.service;
    return new ParkedDiscard({ name, dataSource, handler: this.handlerOfAll(), holdsKey }).discard(discard);
  }

  private handlerOfAll(): MessageHandler<object> {
    return {
      verify: (record) => this.handlerOf(record.topic).verify(record),
      // A replay hands over one record at a time.
      handle: async (tx, messages) => {
        for (const message of messages) await this.handlerOf(message.record.topic).handle(tx, [message]);
      },
    };
  }

  private handlerOf(topic: string): MessageHandler<object> {
    const handler = this.inboxes.get(topic)?.handler;
    if (handler) return handler;
    throw new SeraiError('ERR_ENVELOPE_CHANNEL', `This service does not take records of ${topic} any more.`);
  }
}
