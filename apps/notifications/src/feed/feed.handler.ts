import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Audience, type Channel, directoryChangeAccepted, TOPICS } from '#libs/contracts';
import { assertCause, isMessage, parseFrame, verifyEnvelope } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { HubDirectory, HubIdentity } from '#libs/hub';
import { MAX_RECORD_BYTES, type MessageHandler, type ReceivedMessage, type ReceivedRecord } from '#libs/messaging';
import { WaitingRepository } from '../nudge/waiting.repository.js';
import { type DeskNote, notesOf, openingOf } from '../nudge/what-waits.js';
import { FeedRepository } from './feed.repository.js';
import { type AddressedEvent, growFeeds } from './feed-growth.js';
import { RecentEntries } from './recent-entries.js';

/** An event as its service signed it, with those who may see it. */
export interface FeedMessage {
  readonly id: string;
  readonly event: string;
  readonly cause: string | undefined;
  readonly audience: Audience;
  readonly notes: readonly DeskNote[];
  readonly opening: ReturnType<typeof openingOf>;
}

const CHANNELS: Readonly<Record<string, Channel>> = {
  [TOPICS.requestEvents.name]: 'requests.events',
  [TOPICS.directoryEvents.name]: 'directory.events',
  [TOPICS.notificationEvents.name]: 'notifications.events',
};

/** Puts each event of the hub on the feeds of those who may see it, and in the same transaction keeps for whom it is work. */
@Injectable()
export class FeedHandler implements MessageHandler<FeedMessage> {
  constructor(
    private readonly directory: HubDirectory,
    private readonly identity: HubIdentity,
    private readonly feeds: FeedRepository,
    private readonly recent: RecentEntries,
    private readonly waiting: WaitingRepository,
  ) {}

  async verify(record: ReceivedRecord): Promise<FeedMessage> {
    const { eventJws, causeJws } = parseFrame(record.value, MAX_RECORD_BYTES);
    const channel = CHANNELS[record.topic];
    if (channel === undefined) throw new SeraiError('ERR_ENVELOPE_CHANNEL', `No feed takes events of ${record.topic}.`);
    const envelope = await verifyEnvelope(eventJws, {
      realm: this.identity.realm,
      channel,
      keys: this.directory.current.keyResolver(),
      at: record.appendedAt,
      audience: 'any',
    });
    assertCause(envelope, causeJws);
    // "Everybody" is everybody as of this change: whoever is admitted later finds it in the snapshot.
    if (isMessage(envelope, directoryChangeAccepted)) await this.directory.reached(envelope.event.data.header.version);
    const { audience } = envelope.event.data.header as { audience: Audience };
    return {
      id: envelope.event.id,
      event: eventJws,
      cause: causeJws,
      audience,
      notes: notesOf(envelope),
      opening: openingOf(envelope),
    };
  }

  async handle(tx: EntityManager, messages: readonly ReceivedMessage<FeedMessage>[]): Promise<void> {
    const events = messages.map(({ record, message }) => this.address(message, record));
    const participants = [...new Set(events.flatMap((event) => event.participants))].sort();
    const ends = await this.feeds.lockEnds(tx, participants);
    const growth = growFeeds(ends, events);
    this.recent.offer(events, growth);
    await this.feeds.append(tx, events, growth);
    const notes = messages.flatMap(({ record, message }) =>
      message.notes.map((note) => ({ ...note, cause: message.id, at: record.appendedAt })),
    );
    const openings = messages.map(({ message }) => message.opening);
    await this.waiting.keep(tx, notes, {
      unopened: openings.flatMap(({ unopened }) => unopened ?? []),
      opened: openings.flatMap(({ opened }) => opened ?? []),
    });
  }

  private address({ audience, id, event, cause }: FeedMessage, record: ReceivedRecord): AddressedEvent {
    const { topic, partition, offset, appendedAt } = record;
    const everybody = () => this.directory.current.admitted(appendedAt);
    const place = { topic, partition, offset };
    return { id, event, cause, place, participants: audience === '*' ? everybody() : [...new Set(audience)] };
  }
}
