import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createParser } from 'eventsource-parser';
import { v7 as uuid7 } from 'uuid';
import {
  DIRECTORY_SUBJECT,
  type DirectoryChange,
  deadlineWarned,
  directoryChangeAccepted,
  envelopeRefused,
  type FeedEntry,
  type FeedPage,
  legState,
  serviceUrnOf,
} from '#libs/contracts';
import { FEED_GENESIS, feedHash, type SignedEnvelope } from '#libs/envelope';
import { SeraiError, toProblem } from '#libs/errors';
import { listParked } from '#libs/messaging';
import { schemaDrift } from '#libs/persistence';
import { createApp } from '#libs/telemetry';
import { eventually, failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { Directory } from '#libs/trust';
import { notificationsDatabase } from '../../apps/notifications/src/database/database-settings.js';
import { notificationsApp } from '../../apps/notifications/src/notifications.app.js';
import { HubCommunity } from './hub-community.js';

let community: HubCommunity;
let database: TestDatabase;
let first: NestFastifyApplication;
let second: NestFastifyApplication;

const start = () => createApp(notificationsApp({ hub: community.settings('notifications', database.url) }));

async function untilReady(app: NestFastifyApplication): Promise<void> {
  await eventually(async () => expect((await app.inject('/readyz')).json()).toMatchObject({ ready: true }), {
    timeoutMs: 20_000,
  });
}

beforeAll(async () => {
  community = await HubCommunity.found(['rs', 'iq', 'tr'], ['directory', 'requests', 'notifications']);
  await community.createTopics();
  await community.publishDirectory();
  database = await testDatabase(notificationsDatabase(''));
  [first, second] = await Promise.all([start(), start()]);
  await Promise.all([untilReady(first), untilReady(second)]);
  await eventually(async () => expect((await page('rs')).end.sequence).toBe(community.genesis.length), {
    timeoutMs: 20_000,
  });
}, 60_000);

afterAll(async () => {
  await Promise.all([first?.close(), second?.close()]);
  await database?.drop();
  await community?.dissolve();
}, 30_000);
failOnLeaks();

const authorizationOf = (id: string) => community.authorization(id, 'notifications');

async function get(id: string, query = '', app = first, headers: Record<string, string> = {}) {
  const authorization = await authorizationOf(id);
  return app.inject({ url: `/v1/feed${query}`, headers: { authorization, ...headers } });
}

async function page(id: string, query = '', app = first): Promise<FeedPage> {
  return (await get(id, query, app)).json();
}

/** All of a feed, in pages. */
async function wholeFeed(id: string, app = first): Promise<FeedEntry[]> {
  const entries: FeedEntry[] = [];
  for (;;) {
    const next = (await page(id, `?after=${entries.length}&limit=7`, app)).entries;
    if (next.length === 0) return entries;
    entries.push(...next);
  }
}

/** Follows a chain as an access point does. */
function expectUnbroken(entries: readonly FeedEntry[], after = { sequence: 0, hash: FEED_GENESIS }): void {
  let previous = after;
  for (const { sequence, hash, event } of entries) {
    expect(sequence).toBe(previous.sequence + 1);
    expect(hash).toBe(feedHash(previous.hash, event));
    previous = { sequence, hash };
  }
}

/** A refusal of `requests` about a submission of `from`, that only `from` may see. */
async function refuse(from: string, to: string): Promise<SignedEnvelope> {
  const cause = await community.submission(from, to);
  const problem = toProblem(new SeraiError('ERR_LEG_UNKNOWN', 'There is no such leg for you.'));
  const { id, type, source, subject } = cause.event;
  const event = community.chained({
    source: serviceUrnOf('requests'),
    type: envelopeRefused.type,
    subject,
    header: {
      audience: [source],
      envelope: { id, type, source, sha256: cause.sha256 },
      refusedAt: new Date().toISOString(),
      problem,
    },
    cause: cause.sha256,
  });
  const signed = await community.sign(event, community.services['requests']!);
  await community.publishEvent('requests.events', signed, cause.jws);
  return signed;
}

/** An event without a cause that both parties may see. */
async function warn(): Promise<SignedEnvelope> {
  const legId = uuid7();
  const party = (id: string) => ({ participant: community.member(id).urn, desk: `urn:serai:desk:${id}:ncc` });
  const leg = legState.parse({
    legId,
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
  const audience = [community.member('rs').urn, community.member('iq').urn];
  const header = { audience, leg, percent: 50 };
  const source = serviceUrnOf('requests');
  const event = community.chained({ source, type: deadlineWarned.type, subject: legId, header });
  const signed = await community.sign(event, community.services['requests']!);
  await community.publishEvent('requests.events', signed);
  return signed;
}

const holds = (entries: readonly FeedEntry[], { jws }: SignedEnvelope) => entries.some(({ event }) => event === jws);

/** Reads a stream until `enough`, then hangs up. Resolves with what came, also when the server ends the stream. */
async function stream(
  id: string,
  {
    after,
    enough,
    app = first,
    lastEventId,
  }: {
    after?: number;
    lastEventId?: number;
    enough: (entries: readonly FeedEntry[]) => boolean;
    app?: NestFastifyApplication;
  },
): Promise<FeedEntry[]> {
  const entries: FeedEntry[] = [];
  const hangUp = new AbortController();
  const parser = createParser({
    onEvent: ({ id: eventId, data }) => {
      const entry: FeedEntry = JSON.parse(data);
      expect(eventId).toBe(String(entry.sequence));
      entries.push(entry);
      if (enough(entries)) hangUp.abort();
    },
  });
  const response = await fetch(`${await app.getUrl()}/v1/feed${after === undefined ? '' : `?after=${after}`}`, {
    headers: {
      accept: 'text/event-stream',
      authorization: await authorizationOf(id),
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

describe('feeds', () => {
  it('give everybody the directory, each on an own unbroken chain', async () => {
    for (const id of ['rs', 'iq', 'tr']) {
      const entries = await wholeFeed(id);
      expectUnbroken(entries);
      expect(entries.length).toBeGreaterThanOrEqual(community.genesis.length);
    }
  });

  it('show a refusal to its sender alone, with the cause byte for byte', async () => {
    const refusal = await refuse('rs', 'iq');
    const entry = await eventually(async () => {
      const found = (await wholeFeed('rs')).find(({ event }) => event === refusal.jws);
      expect(found).toBeDefined();
      return found!;
    });
    expect(entry.cause?.split('.')).toHaveLength(3);
    for (const id of ['iq', 'tr']) expect(holds(await wholeFeed(id), refusal)).toBe(false);
  });

  it('show an event of a leg to both parties and to nobody else', async () => {
    const warning = await warn();
    await eventually(async () => expect(holds(await wholeFeed('iq'), warning)).toBe(true));
    expect(holds(await wholeFeed('rs', second), warning)).toBe(true);
    expect(holds(await wholeFeed('tr'), warning)).toBe(false);
    expectUnbroken(await wholeFeed('rs'));
  });

  it('hold an event once that the topic brings twice', async () => {
    const warning = await warn();
    await community.publishEvent('requests.events', warning);
    const later = await warn();
    await eventually(async () => expect(holds(await wholeFeed('iq'), later)).toBe(true));
    expect((await wholeFeed('iq')).filter(({ event }) => event === warning.jws)).toHaveLength(1);
  });

  it('begin at their first entry for who is admitted later', async () => {
    const change: DirectoryChange = {
      id: uuid7(),
      realm: 'production',
      effectiveFrom: new Date().toISOString(),
      kind: 'participant-admitted',
      participant: { id: 'urn:serai:participant:bg', type: 'MEMBER', name: 'Late (synthetic)', routeRoles: [] },
    };
    const signed = await community.change(change);
    let directory = Directory.empty('production', community.roots);
    for (const each of [...community.genesis, signed]) directory = await directory.apply(each);
    const header = { audience: '*', version: directory.version, head: directory.head, change: signed };
    const source = serviceUrnOf('directory');
    const event = community.chained({ source, type: directoryChangeAccepted.type, subject: DIRECTORY_SUBJECT, header });
    await community.publishEvent('directory.events', await community.sign(event, community.services['directory']!));
    await eventually(async () => {
      const rows = await database.dataSource.query(
        `select sequence from feed_entry where participant = 'urn:serai:participant:bg'`,
      );
      expect(rows).toEqual([{ sequence: '1' }]);
    });
  });
});

describe('what does not reach a feed', () => {
  async function expectParked(code: string): Promise<void> {
    await eventually(async () => {
      const parked = await listParked(database.dataSource, { consumer: 'notifications' });
      expect(parked.map((each) => each.code)).toContain(code);
    });
  }

  it('is an event that another service signed, one of another channel, and one whose cause is another', async () => {
    const before = await wholeFeed('rs');
    const draft = (await warn()).event;
    const byDirectory = await community.sign(
      { ...draft, id: uuid7(), subject: uuid7() },
      community.services['directory']!,
    );
    await community.publishEvent('requests.events', byDirectory);
    await expectParked('ERR_ENVELOPE_SOURCE');
    const submission = await community.submission('rs', 'iq');
    await community.publishEvent('requests.events', submission);
    await expectParked('ERR_ENVELOPE_CHANNEL');
    const uncaused = await community.sign({ ...draft, id: uuid7(), subject: uuid7() }, community.services['requests']!);
    await community.publishEvent('requests.events', uncaused, submission.jws);
    await expectParked('ERR_ENVELOPE_CAUSE');
    const marker = await warn();
    const entries = await eventually(async () => {
      const all = await wholeFeed('rs');
      expect(holds(all, marker)).toBe(true);
      return all;
    });
    for (const bad of [byDirectory, submission, uncaused]) expect(holds(entries, bad)).toBe(false);
    expectUnbroken(entries);
    expect(entries.length).toBe(before.length + 2);
  });
});

describe('reading in pages', () => {
  it('says where the feed ends, and waits for more', async () => {
    const { end } = await page('tr');
    expect(await page('tr', `?after=${end.sequence}`)).toMatchObject({
      participant: community.member('tr').urn,
      entries: [],
      end: { sequence: end.sequence, hash: end.hash },
    });
    const begun = Date.now();
    const waiting = page('rs', `?after=${(await page('rs')).end.sequence}&wait=20`, second);
    const warning = await warn();
    expect(holds((await waiting).entries, warning)).toBe(true);
    expect(Date.now() - begun).toBeLessThan(15_000);
  });

  it('answers an empty page when the wait is over', async () => {
    const { end } = await page('tr');
    expect((await page('tr', `?after=${end.sequence}&wait=1`)).entries).toEqual([]);
  });

  it('ends a page that holds many bytes early, and never leaves an entry out', async () => {
    const { end } = await page('tr');
    const big = 'x'.repeat(1_500_000);
    const tr = community.member('tr').urn;
    await database.dataSource.query(
      `with e as (insert into feed_event (id, event) select gen_random_uuid(), $1 from generate_series(1, 5) returning id),
       n as (select id, row_number() over () + $2 as sequence from e),
       f as (insert into feed_entry (participant, sequence, event_id, hash) select $3, sequence, id, 'h' from n)
       update feed_head set sequence = sequence + 5 where participant = $3`,
      [big, end.sequence, tr],
    );
    const sizes = [];
    for (let after = end.sequence; ; ) {
      const { entries } = await page('tr', `?after=${after}`);
      if (entries.length === 0) break;
      expect(entries[0]!.sequence).toBe(after + 1);
      sizes.push(entries.length);
      after += entries.length;
    }
    expect(sizes).toEqual([3, 2]);
  });

  it('refuses strangers, tokens for others, cursors beyond the end and malformed queries', async () => {
    expect((await first.inject('/v1/feed')).json()).toMatchObject({ status: 401, code: 'ERR_CALLER_UNAUTHENTICATED' });
    const foreign = { authorization: await community.authorization('rs', 'gateway') };
    expect((await get('rs', '', first, foreign)).statusCode).toBe(401);
    expect((await get('rs', '?after=999999')).json()).toMatchObject({ status: 409, code: 'ERR_FEED_CURSOR_AHEAD' });
    for (const query of ['?after=-1', '?after=x', '?limit=0', '?limit=501', '?wait=31']) {
      expect((await get('rs', query)).json()).toMatchObject({ status: 422, code: 'ERR_REQUEST_INVALID' });
    }
    const sse = { accept: 'text/event-stream' };
    expect((await get('rs', '?after=999999', first, sse)).json()).toMatchObject({ code: 'ERR_FEED_CURSOR_AHEAD' });
    expect((await get('rs', '', first, { ...sse, 'last-event-id': 'x' })).json()).toMatchObject({
      code: 'ERR_REQUEST_INVALID',
    });
  });
});

describe('reading as a stream', () => {
  it('brings everything, resumes after a hang-up by cursor or Last-Event-ID, and goes on with what comes', async () => {
    const all = await wholeFeed('rs');
    const begun = await stream('rs', { enough: (entries) => entries.length >= 5 });
    expect(begun.slice(0, 5)).toEqual(all.slice(0, 5));
    const last = begun.at(-1)!;
    const more: Promise<FeedEntry[]> = stream('rs', {
      lastEventId: last.sequence,
      after: 0,
      enough: (entries) => entries.length >= all.length - begun.length + 1,
    });
    const warning = await warn();
    const rest = await more;
    expect(holds(rest, warning)).toBe(true);
    expectUnbroken([...begun, ...rest]);
  });

  it('brings two readers at two instances the same', async () => {
    const { end } = await page('iq');
    const enough = (entries: readonly FeedEntry[]) => entries.length === 3;
    const readers = [first, second].map((app) => stream('iq', { after: end.sequence, enough, app }));
    for (let n = 0; n < 3; n += 1) await warn();
    const [one, other] = await Promise.all(readers);
    expect(one).toEqual(other);
    expectUnbroken(one!, { sequence: end.sequence, hash: end.hash! });
  });

  it('goes on behind a restart in the middle, without gap or repeat', async () => {
    const { end } = await page('rs', '', second);
    const third = await start();
    await untilReady(third);
    const cut = stream('rs', { after: end.sequence, enough: () => false, app: third });
    const one = await warn();
    await eventually(async () => expect((await page('rs', '', second)).end.sequence).toBe(end.sequence + 1));
    await eventually(() => third.close().then(() => undefined));
    const before = await cut;
    const two = await warn();
    const after = await stream('rs', {
      after: end.sequence + before.length,
      enough: (entries) => holds(entries, two),
      app: second,
    });
    expect(holds([...before, ...after], one)).toBe(true);
    expectUnbroken([...before, ...after], { sequence: end.sequence, hash: end.hash! });
  }, 60_000);

  it('ends with the token of its reader', async () => {
    const token = await community.authorization('rs', 'notifications', new Date(Date.now() - 58_000));
    const response = await fetch(`${await first.getUrl()}/v1/feed`, {
      headers: { accept: 'text/event-stream', authorization: token },
    });
    expect(response.status).toBe(200);
    // Resolves only because the server ends the stream.
    expect(await response.text()).toContain('id: 1\n');
  });

  it('survives the loss of its database connections', async () => {
    const { end } = await page('rs');
    const reading = stream('rs', { after: end.sequence, enough: (entries) => entries.length === 1 });
    await database.terminateConnections();
    const warning = await warn();
    const entries = await reading.catch(() => []);
    const seen = entries.length > 0 ? entries : await stream('rs', { after: end.sequence, enough: () => true });
    expect(holds(seen, warning)).toBe(true);
  }, 30_000);
});

describe('the schema', () => {
  it('has entities and migrations that agree', async () => {
    expect(await schemaDrift(database.dataSource)).toEqual([]);
  });
});
