import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createParser } from 'eventsource-parser';
import { v7 as uuid7 } from 'uuid';
import {
  deadlineWarned,
  envelopeRefused,
  type FeedEntry,
  type FeedPage,
  type FeedWithheld,
  legState,
  serviceUrnOf,
} from '#libs/contracts';
import { FEED_GENESIS, feedHash, type SignedEnvelope } from '#libs/envelope';
import { SeraiError, toProblem } from '#libs/errors';
import { createApp } from '#libs/telemetry';
import { eventually, type TestDatabase, testDatabase } from '#libs/testing';
import { notificationsDatabase } from '../../../apps/notifications/src/database/database-settings.js';
import type { DisclosureSettings } from '../../../apps/notifications/src/disclosure/known-log.js';
import { notificationsApp } from '../../../apps/notifications/src/notifications.app.js';
import { HubCommunity } from '../hub-community.js';
import { StatedLog } from '../stated-log.js';

/** How a stream is read. */
interface Reading {
  readonly after?: number;
  readonly lastEventId?: number;
  readonly app?: NestFastifyApplication;
  /** True when the reader has what it wants and hangs up. */
  readonly enough: (entries: readonly FeedEntry[]) => boolean;
  /** Told why nothing comes. */
  readonly withheld?: (news: FeedWithheld) => void;
}

/** As nobody waits for them. */
export const PATIENT: DisclosureSettings = { logAwayMs: 60_000, quorumLostMs: 900_000 };

/** Two instances of notifications on real Kafka and PostgreSQL, the services that publish, the log that speaks of it, and the members that read. */
export class FeedWorld {
  first!: NestFastifyApplication;
  second!: NestFastifyApplication;

  private constructor(
    readonly community: HubCommunity,
    readonly database: TestDatabase,
    readonly log: StatedLog,
    private readonly disclosure: DisclosureSettings,
  ) {}

  /** Everything is in the log, and everybody has heard so. */
  static async begin(): Promise<FeedWorld> {
    const world = await FeedWorld.beginUnheard(PATIENT);
    world.log.speak();
    for (const app of [world.first, world.second]) {
      const everything = async () =>
        expect((await world.page('rs', '', app)).end.sequence).toBe(world.community.genesis.length);
      await eventually(everything, { timeoutMs: 20_000 });
    }
    return world;
  }

  /** The directory is on the feeds, and the log has not spoken. */
  static async beginUnheard(disclosure: DisclosureSettings): Promise<FeedWorld> {
    const community = await HubCommunity.found(
      ['rs', 'iq', 'tr'],
      ['directory', 'requests', 'notifications', 'audit', 'operations'],
    );
    await community.createTopics();
    await community.publishDirectory();
    const database = await testDatabase(notificationsDatabase(''));
    const world = new FeedWorld(community, database, await StatedLog.of(community), disclosure);
    [world.first, world.second] = await Promise.all([world.start(), world.start()]);
    const written = async () => expect(await world.writtenEnd('rs')).toBe(community.genesis.length);
    await eventually(written, { timeoutMs: 20_000 });
    return world;
  }

  async end(): Promise<void> {
    await Promise.all([this.first.close(), this.second.close(), this.log.end()]);
    await this.database.drop();
    await this.community.dissolve();
  }

  /** One more instance, ready. */
  async start(): Promise<NestFastifyApplication> {
    const hub = this.community.settings('notifications', this.database.url);
    const app = await createApp(notificationsApp({ hub, disclosure: this.disclosure, webhookTargets: 'public' }));
    const ready = async () => expect((await app.inject('/readyz')).json()).toMatchObject({ ready: true });
    await eventually(ready, { timeoutMs: 20_000 });
    return app;
  }

  async get(id: string, query = '', app = this.first, headers: Record<string, string> = {}) {
    const authorization = await this.community.authorization(id, 'notifications');
    return app.inject({ url: `/v1/feed${query}`, headers: { authorization, ...headers } });
  }

  async page(id: string, query = '', app = this.first): Promise<FeedPage> {
    return (await this.get(id, query, app)).json();
  }

  /** Where a feed ends, whoever may read so far. */
  async writtenEnd(id: string): Promise<number> {
    const { urn } = this.community.member(id);
    const [head] = await this.database.dataSource.query('select sequence from feed_head where participant = $1', [urn]);
    return Number(head?.sequence ?? 0);
  }

  /** All of a feed, in pages. */
  async wholeFeed(id: string, app = this.first): Promise<FeedEntry[]> {
    const entries: FeedEntry[] = [];
    for (;;) {
      const next = (await this.page(id, `?after=${entries.length}&limit=7`, app)).entries;
      if (next.length === 0) return entries;
      entries.push(...next);
    }
  }

  /** A refusal of `requests` about a submission of `from`, that only `from` may see. */
  async refuse(from: string, to: string): Promise<SignedEnvelope> {
    const cause = await this.community.submission(from, to);
    const { id, type, source, subject } = cause.event;
    const event = this.community.chained({
      source: serviceUrnOf('requests'),
      type: envelopeRefused.type,
      subject,
      header: {
        audience: [source],
        envelope: { id, type, source, sha256: cause.sha256 },
        refusedAt: new Date().toISOString(),
        problem: toProblem(new SeraiError('ERR_LEG_UNKNOWN', 'There is no such leg for you.')),
      },
      cause: cause.sha256,
    });
    const signed = await this.community.sign(event, this.community.services['requests']!);
    await this.community.publishEvent('requests.events', signed, cause.jws);
    return signed;
  }

  /** An event without a cause that rs and iq may see. */
  async warn(): Promise<SignedEnvelope> {
    const party = (id: string) => ({ participant: this.community.member(id).urn, desk: `urn:serai:desk:${id}:ncc` });
    const leg = legState.parse({
      legId: uuid7(),
      requestId: uuid7(),
      version: 2,
      status: 'DELIVERED',
      kind: 'IDENTITY',
      priority: 'URGENT_DIRECT',
      requester: party('rs'),
      addressee: party('iq'),
      submittedAt: new Date().toISOString(),
      clock: { state: 'RUNNING', pausedMs: 0 },
      overdue: false,
      excused: false,
      reconsidered: false,
    });
    const header = { audience: [leg.requester.participant, leg.addressee.participant], leg, percent: 50 };
    const source = serviceUrnOf('requests');
    const event = this.community.chained({ source, type: deadlineWarned.type, subject: leg.legId, header });
    const signed = await this.community.sign(event, this.community.services['requests']!);
    await this.community.publishEvent('requests.events', signed);
    return signed;
  }

  /** Reads a stream until `enough`, then hangs up. Resolves with what came, also when the server ends the stream. */
  async stream(id: string, { after, lastEventId, app = this.first, enough, withheld }: Reading): Promise<FeedEntry[]> {
    const entries: FeedEntry[] = [];
    const hangUp = new AbortController();
    const parser = createParser({
      onEvent: ({ id: eventId, event: name, data }) => {
        if (name === 'withheld') return withheld?.(JSON.parse(data));
        const entry: FeedEntry = JSON.parse(data);
        expect(eventId).toBe(String(entry.sequence));
        entries.push(entry);
        if (enough(entries)) hangUp.abort();
      },
    });
    const response = await fetch(`${await app.getUrl()}/v1/feed${after === undefined ? '' : `?after=${after}`}`, {
      headers: {
        accept: 'text/event-stream',
        authorization: await this.community.authorization(id, 'notifications'),
        ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }),
      },
      signal: hangUp.signal,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body!) parser.feed(decoder.decode(chunk, { stream: true }));
    } catch (error) {
      if (!hangUp.signal.aborted) throw error;
    }
    return entries;
  }
}

export const holds = (entries: readonly FeedEntry[], { jws }: SignedEnvelope): boolean =>
  entries.some(({ event }) => event === jws);

/** Follows a chain as an access point does. */
export function expectUnbroken(entries: readonly FeedEntry[], after = { sequence: 0, hash: FEED_GENESIS }): void {
  let previous = after;
  for (const { sequence, hash, event } of entries) {
    expect(sequence).toBe(previous.sequence + 1);
    expect(hash).toBe(feedHash(previous.hash, event));
    previous = { sequence, hash };
  }
}
