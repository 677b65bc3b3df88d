import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuid7 } from 'uuid';
import {
  type DeskNudges,
  type DirectoryChange,
  directoryChange,
  envelopeAccepted,
  type FeedPage,
  type LegState,
  legDelivered,
  legState,
  NUDGES_SUBJECT,
  nudgesSet,
  OPERATIONS,
  serviceUrnOf,
} from '#libs/contracts';
import { KafkaRecordProducer } from '#libs/messaging';
import { createApp } from '#libs/telemetry';
import { eventually, type TestDatabase, testDatabase } from '#libs/testing';
import { Clock } from '../../../../apps/notifications/src/clock.js';
import type { NotificationsConfig } from '../../../../apps/notifications/src/config.js';
import { notificationsDatabase } from '../../../../apps/notifications/src/database/database-settings.js';
import { notificationsApp } from '../../../../apps/notifications/src/notifications.app.js';
import { HubCommunity } from '../../hub-community.js';
import { StatedLog } from '../../stated-log.js';
import { PATIENT } from '../feed-world.js';

const IQ = 'urn:serai:participant:iq';
const AGENCY = 'urn:serai:agency:iq:police';

/** An event of a feed, read without proof. */
export interface FeedEvent {
  readonly type: string;
  readonly subject: string;
  readonly data: { readonly header: Record<string, unknown> };
}

/** Notifications on real Kafka and PostgreSQL, with what `requests` says and what participants set, and desks of Iraq as many as are wanted. */
export class NudgeWorld {
  private readonly apps: NestFastifyApplication[] = [];

  private constructor(
    readonly community: HubCommunity,
    readonly database: TestDatabase,
    private readonly ways: Partial<NotificationsConfig>,
    private readonly log: StatedLog,
  ) {}

  static async begin(ways: Partial<NotificationsConfig>, desks: readonly string[]): Promise<NudgeWorld> {
    const community = await HubCommunity.found(
      ['rs', 'iq'],
      ['directory', 'requests', 'notifications', 'audit', OPERATIONS],
    );
    await community.createTopics();
    const opened = await Promise.all(desksOf(desks).map((change) => community.change(change)));
    await community.publishDirectory([...community.genesis, ...opened]);
    const log = await StatedLog.of(community);
    log.speak();
    const world = new NudgeWorld(community, await testDatabase(notificationsDatabase('')), ways, log);
    await world.start();
    return world;
  }

  async end(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.close()));
    await this.log.end();
    await this.database.drop();
    await this.community.dissolve();
  }

  get app(): NestFastifyApplication {
    return this.apps[0]!;
  }

  /** One more instance, ready. */
  async start(): Promise<NestFastifyApplication> {
    const hub = this.community.settings('notifications', this.database.url);
    const app = await createApp(notificationsApp({ disclosure: PATIENT, webhookTargets: 'public', ...this.ways, hub }));
    this.apps.push(app);
    const ready = async () => expect((await app.inject('/readyz')).json()).toMatchObject({ ready: true });
    await eventually(ready, { timeoutMs: 30_000 });
    return app;
  }

  async stop(app = this.app): Promise<void> {
    this.apps.splice(this.apps.indexOf(app), 1);
    await app.close();
  }

  /** Puts the clock of nudges ahead of the machine's. */
  putAhead(ms: number): void {
    for (const app of this.apps) jest.spyOn(app.get(Clock), 'now').mockImplementation(() => new Date(Date.now() + ms));
  }

  /** What Iraq, or somebody in its name, sets for a desk; waits for the answer and gives it. */
  async set(desk: string, nudges: Partial<DeskNudges>, by = 'iq', effectiveFrom?: string): Promise<FeedEvent> {
    const id = await this.submit(desk, { contacts: [], digestMinutes: 0, ...nudges }, by, effectiveFrom);
    return eventually(
      async () => {
        const answer = (await this.feed(by)).find(
          ({ data }) => (data.header['envelope'] as { id?: string })?.id === id,
        );
        if (answer === undefined) throw new Error('no answer yet');
        return answer;
      },
      { timeoutMs: 20_000 },
    );
  }

  async submit(desk: string, nudges: unknown, by = 'iq', effectiveFrom?: string): Promise<string> {
    const { urn, keystore } = this.community.member(by);
    const header = {
      desk: deskUrnOf(desk),
      officer: 'o-3f9a1c2e',
      nudges,
      ...(effectiveFrom ? { effectiveFrom } : {}),
    };
    const event = this.community.chained({ source: urn, type: nudgesSet.type, subject: NUDGES_SUBJECT, header });
    const { jws } = await this.community.sign(event, keystore);
    const producer = new KafkaRecordProducer(this.community.connection());
    await producer.connect();
    await producer.send({ topic: 'notifications.submissions', key: NUDGES_SUBJECT, value: Buffer.from(jws) });
    await producer.disconnect();
    return event.id;
  }

  /** `requests` has accepted a message about a leg of Serbia to a desk of Iraq. Returns the leg. */
  async accepted(
    desk: string,
    { type = legDelivered.type, from = 'iq', ...changed }: Partial<LegState> & { type?: string; from?: string } = {},
  ): Promise<LegState> {
    const leg = legOf(desk, changed);
    const [source, other] = from === 'iq' ? ['iq', 'rs'] : ['rs', 'iq'];
    const cause = await this.community.submission(source, other, {
      type: 'serai.requests.leg.acknowledged.v1',
      subject: leg.legId,
    });
    const envelope = { id: uuid7(), type, source: this.community.member(source).urn, sha256: cause.sha256 };
    const header = { audience: [leg.requester.participant, IQ], envelope, acceptedAt: new Date().toISOString(), leg };
    const draft = {
      source: serviceUrnOf('requests'),
      type: envelopeAccepted.type,
      subject: leg.legId,
      header,
      cause: cause.sha256,
    };
    const signed = await this.community.sign(this.community.chained(draft), this.community.services['requests']!);
    await this.community.publishEvent('requests.events', signed, cause.jws);
    return leg;
  }

  async feed(id: string): Promise<FeedEvent[]> {
    const authorization = await this.community.authorization(id, 'notifications');
    const page: FeedPage = (await this.app.inject({ url: '/v1/feed', headers: { authorization } })).json();
    return page.entries.map(({ event }) => JSON.parse(Buffer.from(event.split('.')[1]!, 'base64url').toString()));
  }
}

export const deskUrnOf = (desk: string): string => `urn:serai:desk:${desk.includes(':') ? desk : `iq:${desk}`}`;

function legOf(desk: string, changed: Partial<LegState>): LegState {
  const now = new Date().toISOString();
  return legState.parse({
    legId: uuid7(),
    requestId: uuid7(),
    version: 2,
    status: 'DELIVERED',
    kind: 'IDENTITY',
    priority: 'URGENT_DIRECT',
    requester: { participant: 'urn:serai:participant:rs', desk: 'urn:serai:desk:rs:ncc' },
    addressee: { participant: IQ, desk: deskUrnOf(desk) },
    submittedAt: now,
    deliveredAt: now,
    clock: { state: 'RUNNING', pausedMs: 0 },
    overdue: false,
    excused: false,
    reconsidered: false,
    ...changed,
  });
}

function desksOf(desks: readonly string[]): DirectoryChange[] {
  const base = () => ({ id: uuid7(), realm: 'production', effectiveFrom: new Date(Date.now() - 50_000).toISOString() });
  const agency = {
    ...base(),
    kind: 'agency-registered',
    agency: { id: AGENCY, participant: IQ, name: 'Police (synthetic)' },
  };
  const opened = desks.map((desk) => ({
    ...base(),
    kind: 'desk-opened',
    desk: {
      id: deskUrnOf(desk),
      agency: AGENCY,
      participant: IQ,
      kind: desk === 'ncc' ? 'NCC' : 'FOCAL_POINT',
      name: `Desk ${desk}`,
      timeZone: 'Asia/Baghdad',
      languages: ['ar'],
    },
  }));
  return [agency, ...opened].map((change) => directoryChange.parse(change));
}
