import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { TOPICS } from '#libs/contracts';
import { Inboxes } from '#libs/hub';
import type { InboxConsumer, RecordBatch } from '#libs/messaging';
import { SubmissionHandler, type SubmissionMessage } from './submission.handler.js';

/** Topic in: how participants want their desks to be nudged, and what is wrong with their feeds. */
@Controller()
export class SubmissionConsumer {
  private readonly inbox: InboxConsumer<SubmissionMessage>;

  constructor(inboxes: Inboxes, handler: SubmissionHandler) {
    // Submissions of all participants share their keys: a bad one of one participant must not hold up the others.
    this.inbox = inboxes.of(handler, { topics: [TOPICS.notificationSubmissions.name], parkKeys: false });
  }

  @EventPattern(TOPICS.notificationSubmissions.name)
  receive(@Payload() batch: RecordBatch): Promise<void> {
    return this.inbox.process(batch);
  }
}
