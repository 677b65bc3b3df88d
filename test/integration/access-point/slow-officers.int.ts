import net from 'node:net';
import { v7 } from 'uuid';
import { isSeraiProblem, type SeraiClient } from '#libs/client';
import type { LiveEvent } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import type { OfficerClient } from './support/access-point.js';
import { clientOf } from './support/attachment-scene.js';
import { deskOf } from './support/community.js';
import { requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(120_000);

/** Officers who read nothing, and over how many streams each. */
const [SLOW_OFFICERS, STREAMS_EACH] = [4, 50];
const SEATS = 8;
/** More than a system buffers for a connection. */
const [EVENTS, EVENT_BYTES] = [5_000, 2_000];
/** What the access point may hold for all of them: a page of 200 events each. */
const MOST_BYTES_HELD = SLOW_OFFICERS * SEATS * 200 * (EVENT_BYTES + 500);

let world: World<'rs'>;
let milica: OfficerClient;
let rs: SeraiClient;
/** Of the server, as far as they are open. */
const serving = new Set<net.Socket>();
const readers: net.Socket[] = [];

beforeAll(async () => {
  world = await buildWorld(['rs']);
  milica = world.accessPoints.rs.officer('LIAISON_OFFICER', deskOf('rs', 'liaison'));
  // Everything runs in this one process: on a busy machine it takes its time.
  rs = await clientOf(milica, 60_000);
  world.accessPoints.rs.instance.getHttpServer().on('connection', (socket: net.Socket) => {
    serving.add(socket);
    socket.once('close', () => serving.delete(socket));
  });
});
afterAll(async () => {
  for (const socket of readers) socket.destroy();
  await world.end();
});
failOnLeaks();

/** Things that happened at a desk, as many as it takes. */
async function happen(count: number): Promise<void> {
  await world.accessPoints.rs.query(
    `with place as (update live_position set position = position + $1 returning position - $1 as start)
     insert into live_event (position, at, kind, leg_id, detail, desk)
     select place.start + n, now(), 'attachment.changed', $3::uuid,
            jsonb_build_object('envelopeId', $3::uuid, 'attachmentId', $3::uuid, 'state', 'WAITING', 'bytes', 1, 'carried', 0, 'code', $4::text), $2
       from place, generate_series(1, $1) as n`,
    [count, milica.desk, v7(), 'x'.repeat(EVENT_BYTES)],
  );
}

/** Asks for everything that happened and takes none of it. */
async function openSlowly(officer: OfficerClient): Promise<void> {
  const { hostname, port } = new URL(await officer.at.url());
  const headers = Object.entries(await officer.headers({ headers: { 'last-event-id': '0' } }));
  const socket = net.connect(Number(port), hostname);
  readers.push(socket);
  socket.on('error', () => undefined);
  socket.pause();
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`GET /v1/events HTTP/1.1\r\nhost: access-point\r\n${lines}\r\n`);
  await new Promise((resolve) => socket.once('connect', resolve));
}

/** Follows until an event is as wanted. */
async function see(after: string | undefined, wanted: (event: LiveEvent) => boolean): Promise<LiveEvent[]> {
  const seen: LiveEvent[] = [];
  const stop = new AbortController();
  for await (const event of rs.events({ signal: stop.signal, ...(after ? { lastEventId: after } : {}) })) {
    seen.push(event);
    if (!wanted(event)) continue;
    stop.abort();
    break;
  }
  return seen;
}

const bytesHeld = () => [...serving].reduce((sum, { writableLength }) => sum + writableLength, 0);

describe('officers who open live streams and read nothing', () => {
  it('hold eight streams each at most, and a page for each; nobody else notices', async () => {
    const watching = see(undefined, ({ event, data }) => event === 'envelope.changed' && data.state === 'ACCEPTED');
    await happen(EVENTS);
    let mostHeld = 0;
    for (let officer = 0; officer < SLOW_OFFICERS; officer += 1) {
      const slow = world.accessPoints.rs.officer('LIAISON_OFFICER', milica.desk, `slow-${officer}`);
      await Promise.all(Array.from({ length: STREAMS_EACH }, () => openSlowly(slow)));
      mostHeld = Math.max(mostHeld, bytesHeld());
    }
    await eventually(() => expect(serving.size).toBeLessThanOrEqual(SLOW_OFFICERS * SEATS + 8));
    // Until the system takes no more for them.
    let before = -1;
    await eventually(() => {
      const written = [...serving].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
      const stands = written === before;
      before = written;
      mostHeld = Math.max(mostHeld, bytesHeld());
      expect([stands, mostHeld > 0]).toEqual([true, true]);
    });
    expect(mostHeld).toBeLessThanOrEqual(MOST_BYTES_HELD);

    const { legs } = await rs.submitRequest(requestTo(['iq']));
    await rs.waitForEnvelope(legs[0]!.envelopeId, { until: 'ACCEPTED' });
    const watched = await watching;
    expect(watched.at(-1)?.data).toMatchObject({ envelopeId: legs[0]!.envelopeId });
    expect((await fetch(`${await milica.at.url()}/readyz`)).status).toBe(200);
  });

  it('go on behind the last event that they took, once they read', async () => {
    const seen = await see('4000', ({ id }) => Number(id) >= EVENTS);
    expect(seen.map(({ id }) => Number(id))).toEqual(Array.from({ length: 1_000 }, (_, index) => 4_001 + index));
  });

  it('are told to begin anew where what they missed is no longer kept, or never was', async () => {
    await world.accessPoints.rs.query('delete from live_event where position <= 500');
    for (const lastEventId of ['499', '999999']) {
      const refusal: unknown = await see(lastEventId, () => true).catch((error: unknown) => error);
      expect([lastEventId, isSeraiProblem(refusal, 'ERR_CURSOR_INVALID')]).toEqual([lastEventId, true]);
    }
    expect((await see('500', () => true)).map(({ id }) => id)).toEqual(['501']);
  });
});
