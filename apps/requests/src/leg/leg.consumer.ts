import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { TOPICS } from '#libs/contracts';
import { Inboxes } from '#libs/hub';
import type { InboxConsumer, RecordBatch } from '#libs/messaging';
import { LegService, type Submission } from './leg.service.js';

/** Topic in: what participants submit about requests. */
@Controller()
export class LegConsumer {
  private readonly inbox: InboxConsumer<Submission>;

  constructor(inboxes: Inboxes, legs: LegService) {
    // A leg must not be moved past a message of it that waits for a human.
    this.inbox = inboxes.of(legs, { topics: [TOPICS.requestSubmissions.name], parkKeys: true });
  }

  @EventPattern(TOPICS.requestSubmissions.name)
  receive(@Payload() batch: RecordBatch): Promise<void> {
    return this.inbox.process(batch);
  }
}
