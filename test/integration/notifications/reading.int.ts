import type { FeedEntry } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import { expectUnbroken, FeedWorld, holds } from './feed-world.js';

let world: FeedWorld;
beforeAll(async () => {
  world = await FeedWorld.begin();
}, 60_000);
afterAll(() => world?.end(), 30_000);
failOnLeaks();

describe('reading in pages', () => {
  it('says where the feed ends, and waits for more', async () => {
    const { end } = await world.page('tr');
    expect(await world.page('tr', `?after=${end.sequence}`)).toMatchObject({
      participant: world.community.member('tr').urn,
      entries: [],
      end: { sequence: end.sequence, hash: end.hash },
    });
    const begun = Date.now();
    const waiting = world.page('rs', `?after=${(await world.page('rs')).end.sequence}&wait=20`, world.second);
    const warning = await world.warn();
    expect(holds((await waiting).entries, warning)).toBe(true);
    expect(Date.now() - begun).toBeLessThan(15_000);
  });

  it('finds what nobody announced: its writer may have died behind the commit', async () => {
    const before = (await world.page('tr')).end;
    // From now on it is known where the feed ends, and nothing but an announcement or a look tells otherwise.
    await world.page('tr', `?after=${before.sequence}&wait=1`);
    const enough = (entries: readonly FeedEntry[]) => entries.length > 0;
    const waiting = world.stream('tr', { after: before.sequence, enough });
    const tr = world.community.member('tr').urn;
    await world.database.dataSource.query(
      `with e as (insert into feed_event (id, event) values (gen_random_uuid(), 'unannounced') returning id),
       f as (insert into feed_entry (participant, sequence, event_id, hash) select $1, $2::bigint + 1, id, 'h' from e)
       update feed_head set sequence = sequence + 1 where participant = $1`,
      [tr, before.sequence],
    );
    expect(await waiting).toMatchObject([{ sequence: before.sequence + 1, event: 'unannounced' }]);
  });

  it('answers an empty page when the wait is over', async () => {
    const { end } = await world.page('tr');
    expect((await world.page('tr', `?after=${end.sequence}&wait=1`)).entries).toEqual([]);
  });

  it('ends a page that holds many bytes early, and never leaves an entry out', async () => {
    const { end } = await world.page('tr');
    const big = 'x'.repeat(400_000);
    const tr = world.community.member('tr').urn;
    await world.database.dataSource.query(
      `with e as (insert into feed_event (id, event) select gen_random_uuid(), $1 from generate_series(1, 5) returning id),
       n as (select id, row_number() over () + $2 as sequence from e),
       f as (insert into feed_entry (participant, sequence, event_id, hash) select $3, sequence, id, 'h' from n)
       update feed_head set sequence = sequence + 5 where participant = $3`,
      [big, end.sequence, tr],
    );
    const sizes = [];
    for (let after = end.sequence; ; ) {
      const { entries } = await world.page('tr', `?after=${after}`);
      if (entries.length === 0) break;
      expect(entries[0]!.sequence).toBe(after + 1);
      sizes.push(entries.length);
      after += entries.length;
    }
    expect(sizes).toEqual([3, 2]);
  });

  it('takes a token once, whichever instance sees it first', async () => {
    const authorization = await world.community.authorization('rs', 'notifications');
    expect((await world.get('rs', '', world.first, { authorization })).statusCode).toBe(200);
    const replayed = { status: 401, code: 'ERR_CALLER_TOKEN_REPLAYED' };
    for (const app of [world.first, world.second]) {
      expect((await world.get('rs', '', app, { authorization })).json()).toMatchObject(replayed);
      const asStream = { authorization, accept: 'text/event-stream' };
      expect((await world.get('rs', '', app, asStream)).json()).toMatchObject(replayed);
    }
  });

  it('refuses strangers, tokens for others, cursors beyond the end and malformed queries', async () => {
    expect((await world.first.inject('/v1/feed')).json()).toMatchObject({
      status: 401,
      code: 'ERR_CALLER_UNAUTHENTICATED',
    });
    const foreign = { authorization: await world.community.authorization('rs', 'gateway') };
    expect((await world.get('rs', '', world.first, foreign)).statusCode).toBe(401);
    expect((await world.get('rs', '?after=999999')).json()).toMatchObject({
      status: 409,
      code: 'ERR_FEED_CURSOR_AHEAD',
    });
    for (const query of ['?after=-1', '?after=x', '?limit=0', '?limit=501', '?wait=31']) {
      expect((await world.get('rs', query)).json()).toMatchObject({ status: 422, code: 'ERR_REQUEST_INVALID' });
    }
    const sse = { accept: 'text/event-stream' };
    expect((await world.get('rs', '?after=999999', world.first, sse)).json()).toMatchObject({
      code: 'ERR_FEED_CURSOR_AHEAD',
    });
    expect((await world.get('rs', '', world.first, { ...sse, 'last-event-id': 'x' })).json()).toMatchObject({
      code: 'ERR_REQUEST_INVALID',
    });
  });
});

describe('reading as a stream', () => {
  it('brings everything, resumes after a hang-up by cursor or Last-Event-ID, and goes on with what comes', async () => {
    const all = await world.wholeFeed('rs');
    const begun = await world.stream('rs', { enough: (entries) => entries.length >= 5 });
    expect(begun.slice(0, 5)).toEqual(all.slice(0, 5));
    const last = begun.at(-1)!;
    const more: Promise<FeedEntry[]> = world.stream('rs', {
      lastEventId: last.sequence,
      after: 0,
      enough: (entries) => entries.length >= all.length - begun.length + 1,
    });
    const warning = await world.warn();
    const rest = await more;
    expect(holds(rest, warning)).toBe(true);
    expectUnbroken([...begun, ...rest]);
  });

  it('brings two readers at two instances the same', async () => {
    const { end } = await world.page('iq');
    const enough = (entries: readonly FeedEntry[]) => entries.length === 3;
    const readers = [world.first, world.second].map((app) => world.stream('iq', { after: end.sequence, enough, app }));
    for (let n = 0; n < 3; n += 1) await world.warn();
    const [one, other] = await Promise.all(readers);
    expect(one).toEqual(other);
    expectUnbroken(one!, { sequence: end.sequence, hash: end.hash! });
  });

  it('goes on behind a restart in the middle, without gap or repeat', async () => {
    const { end } = await world.page('rs', '', world.second);
    const third = await world.start();
    const cut = world.stream('rs', { after: end.sequence, enough: () => false, app: third });
    const one = await world.warn();
    await eventually(async () =>
      expect((await world.page('rs', '', world.second)).end.sequence).toBe(end.sequence + 1),
    );
    await eventually(() => third.close().then(() => undefined));
    const before = await cut;
    const two = await world.warn();
    const after = await world.stream('rs', {
      after: end.sequence + before.length,
      enough: (entries) => holds(entries, two),
      app: world.second,
    });
    expect(holds([...before, ...after], one)).toBe(true);
    expectUnbroken([...before, ...after], { sequence: end.sequence, hash: end.hash! });
  }, 60_000);

  it('ends with the token of its reader', async () => {
    const token = await world.community.authorization('rs', 'notifications', new Date(Date.now() - 58_000));
    const response = await fetch(`${await world.first.getUrl()}/v1/feed`, {
      headers: { accept: 'text/event-stream', authorization: token },
    });
    expect(response.status).toBe(200);
    // Resolves only because the server ends the stream.
    expect(await response.text()).toContain('id: 1\n');
  });

  it('survives the loss of its database connections', async () => {
    const { end } = await world.page('rs');
    const reading = world.stream('rs', { after: end.sequence, enough: (entries) => entries.length === 1 });
    await world.database.terminateConnections();
    const warning = await world.warn();
    const entries = await reading.catch(() => []);
    const seen = entries.length > 0 ? entries : await world.stream('rs', { after: end.sequence, enough: () => true });
    expect(holds(seen, warning)).toBe(true);
  }, 30_000);
});
