import net from 'node:net';
import { failOnLeaks } from '#libs/testing';
import { FeedWorld, holds } from './feed-world.js';

jest.setTimeout(60_000);

const SILENT_CALLERS = 500;

let world: FeedWorld;
let sockets: net.Socket[] = [];
beforeAll(async () => {
  world = await FeedWorld.begin();
}, 60_000);
afterEach(async () => {
  const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
  sockets = [];
});
afterAll(() => world?.end(), 30_000);
failOnLeaks();

async function connect(): Promise<void> {
  const { hostname, port } = new URL(await world.first.getUrl());
  const socket = net.connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
}

it(`${SILENT_CALLERS} connections over which nobody says anything keep nobody from being served`, async () => {
  await Promise.all(Array.from({ length: SILENT_CALLERS }, () => connect()));
  const { end } = await world.page('rs');
  const warning = await world.warn();
  const read = await world.stream('rs', { after: end.sequence, enough: (entries) => holds(entries, warning) });
  expect(holds(read, warning)).toBe(true);
  expect((await world.get('iq')).statusCode).toBe(200);
  expect((await world.first.inject('/readyz')).statusCode).toBe(200);
  expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
});
