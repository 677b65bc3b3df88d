import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { TOPICS } from '#libs/contracts';
import { Inboxes } from '#libs/hub';
import type { InboxConsumer, RecordBatch } from '#libs/messaging';
import { FeedHandler, type FeedMessage } from './feed.handler.js';

/** Topics in: what the hub's services say goes to the feeds, in the order of each aggregate. */
@Controller()
export class FeedConsumer {
  private readonly inbox: InboxConsumer<FeedMessage>;

  constructor(inboxes: Inboxes, handler: FeedHandler) {
    // A feed must not show a later state of a leg before an earlier one.
    this.inbox = inboxes.of(handler, {
      topics: [TOPICS.requestEvents.name, TOPICS.directoryEvents.name, TOPICS.notificationEvents.name],
      parkKeys: true,
    });
  }

  @EventPattern(TOPICS.requestEvents.name)
  receiveRequestEvents(@Payload() batch: RecordBatch): Promise<void> {
    return this.inbox.process(batch);
  }

  @EventPattern(TOPICS.notificationEvents.name)
  receiveNotificationEvents(@Payload() batch: RecordBatch): Promise<void> {
    return this.inbox.process(batch);
  }

  @EventPattern(TOPICS.directoryEvents.name)
  receiveDirectoryEvents(@Payload() batch: RecordBatch): Promise<void> {
    return this.inbox.process(batch);
  }
}
