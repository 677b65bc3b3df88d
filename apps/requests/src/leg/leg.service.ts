import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { legDelivered } from '#libs/contracts';
import type { VerifiedEnvelope } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { HubDirectory, HubIdentity, verifySubmission } from '#libs/hub';
import type { MessageHandler, ReceivedMessage, ReceivedRecord } from '#libs/messaging';
import { together } from '#libs/persistence';
import { profileInForce } from '../deadline/deadline-profile.js';
import { DeadlineProfileRepository } from '../deadline/deadline-profile.repository.js';
import { decide } from './leg.decision.js';
import type { Leg } from './leg.entity.js';
import { acceptedEvent, type LegEvent, passedEvent, refusedEvent } from './leg.events.js';
import { type Announcement, LegPublisher } from './leg.publisher.js';
import { LegRepository } from './leg.repository.js';
import { isRefusal, type LegMessage, type Moved, type Refusal } from './leg.state.js';
import { LegTelemetry } from './leg.telemetry.js';

/** A verified submission; the id makes it the same when it comes again. */
export interface Submission {
  readonly id: string;
  readonly message: LegMessage;
}

/** Applies what participants submit to legs, a batch at a time, and answers each with a signed event. */
@Injectable()
export class LegService implements MessageHandler<Submission> {
  constructor(
    private readonly directory: HubDirectory,
    private readonly identity: HubIdentity,
    private readonly legs: LegRepository,
    private readonly profiles: DeadlineProfileRepository,
    private readonly publisher: LegPublisher,
    private readonly telemetry: LegTelemetry,
  ) {}

  async verify(record: ReceivedRecord): Promise<Submission> {
    const { directory, identity } = this;
    const message = await verifySubmission(record, 'requests.submissions', { directory, identity });
    if (record.key !== message.event.subject) {
      throw new SeraiError('ERR_RECORD_MALFORMED', 'The key of the record must be the subject of its envelope.');
    }
    return { id: message.event.id, message: message as VerifiedEnvelope<unknown> as LegMessage };
  }

  /** Messages of one partition in their order; a leg may move several times in one batch. */
  async handle(tx: EntityManager, messages: readonly ReceivedMessage<Submission>[]): Promise<void> {
    const [legs, profileAt] = await together([
      this.legs.lock(tx, subjectsOf(messages)),
      this.profileFinder(tx, messages),
      this.publisher.prepare(tx),
    ]);
    const book = this.directory.current;
    const moved = new Map<string, Leg>();
    const announcements: Announcement[] = [];
    for (const { record, message: submission } of messages) {
      const { appendedAt, headers } = record;
      const { message } = submission;
      const { subject } = message.event;
      const leg = moved.get(subject) ?? legs.get(subject);
      const decision = decide(leg, message, { appendedAt, book, profileAt });
      if (!isRefusal(decision)) moved.set(subject, decision.leg);
      const events = this.eventsOf(message, decision, appendedAt);
      announcements.push(...events.map((event) => ({ event, traceparent: headers['traceparent'] })));
    }
    await this.legs.save(tx, [...moved.values()]);
    await this.publisher.publish(tx, announcements);
  }

  private eventsOf(message: LegMessage, decision: Moved | Refusal, appendedAt: Date): LegEvent[] {
    if (isRefusal(decision)) {
      this.telemetry.refused(message, decision);
      return [refusedEvent(message, decision, appendedAt)];
    }
    this.telemetry.accepted(message);
    const now = new Date();
    for (const instant of decision.passed) this.telemetry.passed(instant, now);
    return [...decision.passed.map(passedEvent), acceptedEvent(message, decision.leg, appendedAt)];
  }

  /** Reads the profiles only where a clock is about to start. */
  private async profileFinder(tx: EntityManager, messages: readonly ReceivedMessage<Submission>[]) {
    const starts = messages.some(({ message }) => message.message.event.type === legDelivered.type);
    const profiles = starts ? await this.profiles.all(tx) : [];
    return (leg: Leg, deliveredAt: Date) => profileInForce(profiles, leg, deliveredAt);
  }
}

function subjectsOf(messages: readonly ReceivedMessage<Submission>[]): string[] {
  return [...new Set(messages.map(({ message }) => message.message.event.subject))];
}
