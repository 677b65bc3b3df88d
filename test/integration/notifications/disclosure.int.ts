import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuid7 } from 'uuid';
import type { DirectoryChange, FeedEntry, FeedWithheld } from '#libs/contracts';
import { createKeystore, type Keystore, type SignedEnvelope } from '#libs/envelope';
import { eventually, failOnLeaks } from '#libs/testing';
import { Directory } from '#libs/trust';
import { expectUnbroken, FeedWorld, holds } from './feed-world.js';

jest.setTimeout(60_000);

const SETTINGS = { logAwayMs: 3_000, quorumLostMs: 3_000 };

let world: FeedWorld;
/** A key that `audit` had, and that was retired. */
let retired: Keystore;
const instances: NestFastifyApplication[] = [];

beforeAll(async () => {
  world = await FeedWorld.beginUnheard(SETTINGS);
  retired = await retireKeyOfAudit();
  world.log.current = { ...world.log.current, positions: [] };
}, 60_000);
afterAll(async () => {
  await Promise.all(instances.map((app) => app.close()));
  await world?.end();
}, 30_000);
failOnLeaks();

/** Registers one more key of the service, and its end, and waits until everybody knows. */
async function retireKeyOfAudit(): Promise<Keystore> {
  const { community } = world;
  const keystore = await createKeystore(`${community.folder}/retired.jwe`, 'passphrase of a test');
  const { jwk } = keystore.publicKeys().find(({ use }) => use === 'sig')!;
  const base = () => ({ id: uuid7(), realm: 'production' as const });
  const times = [60_000, 1_000].map((ago) => new Date(Date.now() - ago).toISOString());
  const validUntil = new Date(Date.now() + 60_000).toISOString();
  const changes = [
    {
      ...base(),
      effectiveFrom: times[0],
      kind: 'key-registered',
      key: { owner: 'urn:serai:service:audit', use: 'sig', jwk, validUntil },
    },
    {
      ...base(),
      effectiveFrom: times[1],
      kind: 'key-status-changed',
      kid: keystore.signer().kid,
      status: 'RETIRED',
    },
  ] as DirectoryChange[];
  let directory = Directory.empty('production', community.roots);
  for (const change of community.genesis) directory = await directory.apply(change);
  for (const change of changes) directory = await community.publishChange(directory, await community.change(change));
  const known = `serai_directory_version ${directory.version}`;
  await eventually(async () => expect((await world.first.inject('/metrics')).body).toContain(known));
  await eventually(async () => expect(await world.writtenEnd('rs')).toBe(directory.version));
  return keystore;
}

/** The record of an event, once it is written. */
function placeOf({ event }: SignedEnvelope) {
  return eventually(async () => {
    const [row] = await world.database.dataSource.query(
      'select topic, partition, record_offset as "offset" from feed_event where id = $1',
      [event.id],
    );
    expect(row).toBeDefined();
    const { topic, partition, offset } = row;
    return { topic, partition, next: String(BigInt(offset) + 1n) };
  });
}

/** From now on the log says that everything that is written so far is in it, too. */
async function logEverything(): Promise<void> {
  const positions = await world.database.dataSource.query(
    `select topic, partition, (max(record_offset) + 1)::text as next from feed_event
      where topic is not null group by topic, partition`,
  );
  world.log.current = { ...world.log.current, positions };
}

/** The log speaks, and everything that is written is in it and has been heard of by both. */
async function beginAnew(): Promise<number> {
  const { size } = world.log.current;
  world.log.current = { ...world.log.current, witnessed: { size, at: new Date().toISOString() } };
  world.log.speak();
  await logEverything();
  const end = await world.writtenEnd('rs');
  for (const app of [world.first, world.second]) {
    await eventually(async () => {
      const page = await world.page('rs', `?after=${end}`, app);
      expect(page).toMatchObject({ end: { sequence: end } });
      expect(page.withheld).toBeUndefined();
    });
  }
  return end;
}

const metricsOf = async (app = world.first): Promise<string> => (await app.inject('/metrics')).body;

describe('before the log has spoken', () => {
  it('nothing is handed out, and page, stream and metrics say why', async () => {
    const page = await world.page('rs');
    expect(page).toMatchObject({ entries: [], end: { sequence: 0 }, withheld: { reason: 'LOG_AWAY' } });
    expect(page.end.hash).toBeUndefined();
    const hangUp = Promise.withResolvers<FeedWithheld>();
    const reading = world.stream('rs', { after: 0, enough: () => false, withheld: hangUp.resolve });
    expect(await hangUp.promise).toEqual(page.withheld);
    reading.catch(() => undefined);
    expect(await metricsOf()).toContain('serai_notifications_withheld{reason="LOG_AWAY"} 1');
  });

  it('nothing changes because of a statement that another key, another realm, another log or no one signed', async () => {
    const everything = { positions: [{ topic: 'directory.events', partition: 0, next: '1000' }] };
    const { log, community } = world;
    await log.state(everything, { keystore: community.services['requests']! });
    await log.state(everything, { keystore: community.member('rs').keystore });
    await log.state(everything, { keystore: retired });
    await log.state(everything, { event: { realm: 'training' } });
    await log.state({ ...everything, origin: 'hub.example/audit/2027' });
    await log.state(everything, { event: { source: 'urn:serai:service:requests' } });
    await eventually(async () => expect(await metricsOf()).toContain('log_statements_refused_total 6'));
    expect(await world.page('rs')).toMatchObject({ entries: [], withheld: { reason: 'LOG_AWAY' } });
  });

  it('nothing is handed out because of a part of what it has to say', async () => {
    const positions = [{ topic: 'directory.events', partition: 0, next: '2' }];
    await world.log.state({ complete: false, positions });
    await world.log.state({ ...world.log.current, origin: 'hub.example/audit/2027' });
    await eventually(async () => expect(await metricsOf()).toContain('log_statements_refused_total 7'));
    expect(await world.page('rs')).toMatchObject({ entries: [], withheld: { reason: 'LOG_AWAY' } });
  });
});

describe('while the log speaks', () => {
  it('a feed ends where the log does, page by page', async () => {
    world.log.current = {
      ...world.log.current,
      positions: [{ topic: 'directory.events', partition: 0, next: '3' }],
    };
    world.log.speak();
    const page = await eventually(async () => {
      const found = await world.page('rs');
      expect(found.entries).toHaveLength(3);
      return found;
    });
    expect(page).toMatchObject({
      end: { sequence: 3, hash: page.entries[2]!.hash },
      withheld: { reason: 'LOG_BEHIND' },
    });
    expectUnbroken(page.entries);
    expect(await world.page('rs', '?after=3')).toMatchObject({ entries: [], end: { sequence: 3 } });
  });

  it('every instance hands out an entry at once when it is in the log, and not before', async () => {
    const end = await beginAnew();
    const apps = [world.first, world.second];
    const enough = (entries: readonly FeedEntry[]) => entries.length === 1;
    const seen: (readonly FeedEntry[])[] = [];
    const readers = apps.map(async (app) => {
      const entries = await world.stream('rs', { after: end, enough, app });
      seen.push(entries);
      return entries;
    });
    const waiting = world.page('rs', `?after=${end}&wait=30`);
    const warning = await world.warn();
    await placeOf(warning);
    for (const app of apps) {
      const page = await world.page('rs', `?after=${end}`, app);
      expect(page).toMatchObject({ entries: [], end: { sequence: end }, withheld: { reason: 'LOG_BEHIND' } });
    }
    expect(seen).toEqual([]);
    await logEverything();
    const entries = await Promise.all(readers);
    expect(entries[0]).toEqual(entries[1]);
    expect(holds(entries[0]!, warning)).toBe(true);
    expect((await waiting).entries).toEqual(entries[0]);
  });

  it('a feed leaves nothing out: what is in the log waits behind what is not', async () => {
    const end = await beginAnew();
    const first = await placeOf(await world.warn());
    let other = first;
    while (other.partition === first.partition) other = await placeOf(await world.warn());
    const { positions } = world.log.current;
    const others = positions.filter(({ topic, partition }) => topic !== other.topic || partition !== other.partition);
    world.log.current = { ...world.log.current, positions: [...others, other] };
    await world.log.state();
    const behind = { entries: [], end: { sequence: end }, withheld: { reason: 'LOG_BEHIND' } };
    expect(await world.page('rs', `?after=${end}&wait=1`)).toMatchObject(behind);
    const { hash } = (await world.page('rs', `?after=${end - 1}&limit=1`)).entries[0]!;
    await logEverything();
    const { entries } = await eventually(async () => {
      const page = await world.page('rs', `?after=${end}`);
      expect(page.entries.length).toBeGreaterThan(1);
      return page;
    });
    expect(entries).toHaveLength((await world.writtenEnd('rs')) - end);
    expectUnbroken(entries, { sequence: end, hash });
  });
});

describe('a long feed', () => {
  /** Lengthens the feed of tr. */
  const write = (count: number) =>
    world.database.dataSource.query(
      `with head as (select sequence from feed_head where participant = $1),
       e as (insert into feed_event (id, event) select gen_random_uuid(), 'a.b.c' from generate_series(1, $2) returning id),
       f as (insert into feed_entry (participant, sequence, event_id, hash)
             select $1, head.sequence + row_number() over (), id, 'h' from e, head)
       update feed_head set sequence = sequence + $2 where participant = $1`,
      [world.community.member('tr').urn, count],
    );
  /** Makes an entry one of a record that the log never reaches. */
  const takeOut = (sequence: number) =>
    world.database.dataSource.query(
      `update feed_event set topic = 'requests.events', partition = 0, record_offset = 1e15
        where id = (select event_id from feed_entry where participant = $1 and sequence = $2)`,
      [world.community.member('tr').urn, sequence],
    );

  it('is looked at from where it was found to be in the log, which no log takes back', async () => {
    await beginAnew();
    await write(501);
    const end = await world.writtenEnd('tr');
    await eventually(async () => expect((await world.page('tr', `?after=${end}`)).end.sequence).toBe(end));
    await takeOut(end - 100);
    expect((await world.page('tr', `?after=${end}`)).end.sequence).toBe(end);
    await write(10);
    await takeOut(end + 5);
    expect((await world.page('tr', `?after=${end}`)).end.sequence).toBe(end + 4);
  });
});

describe('when the log falls silent', () => {
  it('nothing more is handed out, not even what is in it; when it speaks again, feeds go on', async () => {
    const end = await beginAnew();
    await world.log.fallSilent();
    const told: FeedWithheld[] = [];
    const enough = (entries: readonly FeedEntry[]) => entries.length === 1;
    const reading = world.stream('rs', { after: end, enough, withheld: (news) => told.push(news) });
    const warning = await world.warn();
    await placeOf(warning);
    await eventually(async () => expect(await world.page('rs')).toMatchObject({ withheld: { reason: 'LOG_AWAY' } }));
    expect(await world.page('rs')).toMatchObject({ entries: [], end: { sequence: end } });
    await eventually(() => expect(told.at(-1)?.reason).toBe('LOG_AWAY'));
    expect(await metricsOf()).toContain('serai_notifications_withheld{reason="LOG_AWAY"} 1');
    await logEverything();
    world.log.speak();
    expect(holds(await reading, warning)).toBe(true);
    expect(await metricsOf()).toContain('serai_notifications_withheld{reason="LOG_AWAY"} 0');
  });

  it('and when the witnesses are away for too long, until they have seen what was waiting', async () => {
    const end = await beginAnew();
    const { size, witnessed } = world.log.current;
    world.log.current = { ...world.log.current, size: size + 1 };
    const warning = await world.warn();
    await placeOf(warning);
    await logEverything();
    const lost = { entries: [], withheld: { reason: 'QUORUM_LOST' } };
    await eventually(async () => expect(await world.page('rs', `?after=${end - 1}`)).toMatchObject(lost));
    expect(await metricsOf()).toContain('serai_notifications_withheld{reason="QUORUM_LOST"} 1');
    world.log.current = { ...world.log.current, witnessed: { ...witnessed!, size: size + 1 } };
    const { entries } = await eventually(async () => {
      const page = await world.page('rs', `?after=${end}`);
      expect(page.withheld).toBeUndefined();
      return page;
    });
    expect(holds(entries, warning)).toBe(true);
  });

  it('a new instance knows of nothing, and refuses nobody who has seen more than the log says now', async () => {
    const end = await beginAnew();
    await world.log.fallSilent();
    const third = await world.start();
    instances.push(third);
    const away = { entries: [], withheld: { reason: 'LOG_AWAY' } };
    expect(await world.page('rs', `?after=${end}`, third)).toMatchObject(away);
    const { positions } = world.log.current;
    // As of a log that was put back to an earlier state.
    await world.log.state({ positions: [{ topic: 'directory.events', partition: 0, next: '3' }] });
    await eventually(async () => expect((await world.page('rs', '?after=1', third)).entries).toHaveLength(2));
    const behind = await world.get('rs', `?after=${end}`, third);
    expect(behind.statusCode).toBe(200);
    expect(behind.json()).toMatchObject({ entries: [], end: { sequence: 3 } });
    expect((await world.get('rs', `?after=${end + 1}`, third)).json()).toMatchObject({ code: 'ERR_FEED_CURSOR_AHEAD' });
    await world.log.state({ positions });
    await eventually(async () => expect((await world.page('rs', '', third)).end.sequence).toBe(end));
    expectUnbroken(await world.wholeFeed('rs', third));
  });
});
