import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { TOPICS } from '#libs/contracts';
import { Inboxes } from '#libs/hub';
import type { InboxConsumer, RecordBatch } from '#libs/messaging';
import { PreferencesHandler, type PreferencesMessage } from './preferences.handler.js';

/** Topic in: how participants want their desks to be nudged. */
@Controller()
export class PreferencesConsumer {
  private readonly inbox: InboxConsumer<PreferencesMessage>;

  constructor(inboxes: Inboxes, handler: PreferencesHandler) {
    // All submissions have one key: a bad one of one participant must not hold up the others.
    this.inbox = inboxes.of(handler, { topics: [TOPICS.notificationSubmissions.name], parkKeys: false });
  }

  @EventPattern(TOPICS.notificationSubmissions.name)
  receive(@Payload() batch: RecordBatch): Promise<void> {
    return this.inbox.process(batch);
  }
}
