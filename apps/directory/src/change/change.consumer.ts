import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { TOPICS } from '#libs/contracts';
import { Inboxes } from '#libs/hub';
import type { InboxConsumer, RecordBatch } from '#libs/messaging';
import { ChangeHandler, type ChangeMessage } from './change.handler.js';

/** Topic in: changes that participants hand in. */
@Controller()
export class ChangeConsumer {
  private readonly inbox: InboxConsumer<ChangeMessage>;

  constructor(inboxes: Inboxes, changes: ChangeHandler) {
    // Each change stands for itself and is judged against the directory; a bad one must not stop the others.
    this.inbox = inboxes.of<ChangeMessage>(changes, { topics: [TOPICS.directorySubmissions.name], parkKeys: false });
  }

  @EventPattern(TOPICS.directorySubmissions.name)
  receive(@Payload() batch: RecordBatch): Promise<void> {
    return this.inbox.process(batch);
  }
}
