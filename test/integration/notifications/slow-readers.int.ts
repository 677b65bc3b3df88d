import net from 'node:net';
import type { FeedEntry } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import { FeedWorld, holds } from './feed-world.js';

jest.setTimeout(180_000);

const SLOW_READERS = 200;
const ENTRY_BYTES = 500_000;
const ENTRIES = 60;
/** What the hub may hold for one participant however it reads: eight connections, for each a page with the entry that fills it. */
const MOST_BYTES_HELD = 8 * (1_048_576 + 2 * ENTRY_BYTES);

let world: FeedWorld;
/** Of the server, as far as they are open. */
const serving = new Set<net.Socket>();
let readers: net.Socket[] = [];
let reading: NodeJS.Timeout | undefined;

beforeAll(async () => {
  world = await FeedWorld.begin();
  world.first.getHttpServer().on('connection', (socket: net.Socket) => {
    serving.add(socket);
    socket.once('close', () => serving.delete(socket));
  });
}, 60_000);
afterEach(async () => {
  clearInterval(reading);
  const closed = readers.filter(({ closed: is }) => !is).map((one) => new Promise((done) => one.once('close', done)));
  for (const socket of readers) socket.destroy();
  await Promise.all(closed);
  readers = [];
});
afterAll(() => world?.end(), 30_000);
failOnLeaks();

/** Entries that no chain holds together: only their number and size matter here. */
async function fillFeed(id: string, after: number): Promise<void> {
  await world.database.dataSource.query(
    `with e as (insert into feed_event (id, event) select gen_random_uuid(), $1 from generate_series(1, $4) returning id),
     n as (select id, row_number() over () + $2 as sequence from e),
     f as (insert into feed_entry (participant, sequence, event_id, hash) select $3, sequence, id, 'h' from n)
     update feed_head set sequence = sequence + $4 where participant = $3`,
    ['x'.repeat(ENTRY_BYTES), after, world.community.member(id).urn, ENTRIES],
  );
}

/** Asks for the whole feed and takes none of it. */
async function openSlowly(id: string): Promise<void> {
  const { hostname, port } = new URL(await world.first.getUrl());
  const authorization = await world.community.authorization(id, 'notifications');
  const socket = net.connect(Number(port), hostname);
  readers.push(socket);
  socket.on('error', () => undefined);
  socket.pause();
  // Should one be refused in a moment of need, its connection is not to stay for another request.
  socket.write(
    `GET /v1/feed?after=0 HTTP/1.1\r\nhost: hub\r\nconnection: close\r\naccept: text/event-stream\r\nauthorization: ${authorization}\r\n\r\n`,
  );
  await new Promise((resolve) => socket.once('connect', resolve));
}

const bytesHeld = () => [...serving].reduce((sum, { writableLength }) => sum + writableLength, 0);

it(`${SLOW_READERS} readers that take a byte per second, or none, hold up nobody and fill nothing`, async () => {
  const { end } = await world.page('tr');
  await fillFeed('tr', end.sequence);
  let mostHeld = 0;
  for (let opened = 0; opened < SLOW_READERS; opened += 20) {
    await Promise.all(Array.from({ length: 20 }, () => openSlowly('tr')));
    mostHeld = Math.max(mostHeld, bytesHeld());
  }
  reading = setInterval(() => {
    for (const socket of readers.slice(0, SLOW_READERS / 2)) socket.read(1);
  }, 1_000);
  // On a busy machine some wait long to be let in: behind a look at the database, which reads pages of megabytes for the others meanwhile.
  await eventually(() => expect(serving.size).toBeLessThanOrEqual(8), { timeoutMs: 90_000 });
  mostHeld = Math.max(mostHeld, bytesHeld());
  expect(mostHeld).toBeLessThanOrEqual(MOST_BYTES_HELD);

  // Nobody else notices.
  const before = (await world.page('rs')).end.sequence;
  const warning = await world.warn();
  const enough = (entries: readonly FeedEntry[]) => holds(entries, warning);
  expect(enough(await world.stream('rs', { after: before, enough }))).toBe(true);
  expect((await world.get('iq')).statusCode).toBe(200);
  expect((await world.first.inject('/readyz')).statusCode).toBe(200);

  // And the participant itself reads on as soon as it reads at all.
  const whole = (entries: readonly FeedEntry[]) => entries.length === ENTRIES;
  const read = await world.stream('tr', { after: end.sequence, enough: whole });
  expect(read.map(({ sequence }) => sequence)).toEqual(read.map((_, index) => end.sequence + index + 1));
});
