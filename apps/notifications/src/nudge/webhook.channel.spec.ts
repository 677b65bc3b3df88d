import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { generateKeystore, type Signer, signerFromJwk } from '#libs/envelope';
import { WebhookChannel, type WebhookOptions } from './webhook.channel.js';

const NUDGE = { id: '01a20287-daf3-7007-b0fa-0e631148daf6', urgent: 1, others: 0 };
let signer: Signer;
const channel = (options: Partial<WebhookOptions> = {}) =>
  new WebhookChannel({ signer: () => signer, anyTarget: false, timeoutMs: 500, ...options });

beforeAll(async () => {
  const { keys } = await generateKeystore();
  signer = await signerFromJwk(keys.find(({ use }) => use === 'sig')!);
});

/** A listener on this machine that counts who connects. */
async function listening<T>(
  work: (port: number, connections: () => number) => Promise<T>,
  talk: (socket: net.Socket) => void = () => undefined,
) {
  let count = 0;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    count += 1;
    sockets.add(socket.on('error', () => undefined));
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work((server.address() as AddressInfo).port, () => count);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('a webhook that is not on the public internet', () => {
  it.each([
    'http://93.184.216.34/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://10.0.0.8/',
  ])('is refused before anything is sent: %s', async (address) => {
    expect(channel().refusalOf(address)).toEqual(expect.any(String));
    expect(await channel().send(address, NUDGE)).toMatchObject({ ok: false, blame: 'target' });
  });

  it('is not connected to under a name either', async () => {
    await listening(async (port, connections) => {
      const sent = await channel().send(`https://localhost:${port}/`, NUDGE);
      expect(sent).toEqual({ ok: false, blame: 'target', reason: 'A webhook must be on the public internet.' });
      expect(connections()).toBe(0);
    });
  });

  it.each([
    ['one of its addresses is private', ['93.184.216.34', '127.0.0.1']],
    ['it turns private after it was looked at', ['127.0.0.1']],
    ['it has none', []],
  ])('is not connected to when %s', async (_what, addresses) => {
    await listening(async (port, connections) => {
      const resolve = async () => addresses.map((address) => ({ address, family: 4 }));
      const rebinding = channel({ resolve });
      expect(rebinding.refusalOf(`https://rebinding.example:${port}/`)).toBeUndefined();
      expect(await rebinding.send(`https://rebinding.example:${port}/`, NUDGE)).toMatchObject({ ok: false });
      expect(connections()).toBe(0);
    });
  });

  it('costs nobody anything while names cannot be resolved', async () => {
    const resolve = async () => Promise.reject(Object.assign(new Error('away'), { code: 'EAI_AGAIN' }));
    expect(await channel({ resolve }).send('https://hook.example/', NUDGE)).toMatchObject({ ok: false, blame: 'way' });
  });
});

describe('a receiver that', () => {
  const local = () => channel({ anyTarget: true });
  const raw = (text: string) => (socket: net.Socket) => void socket.once('data', () => socket.write(text));
  const cases: [string, (socket: net.Socket) => void, object][] = [
    ['takes it', raw('HTTP/1.1 204 No Content\r\n\r\n'), { ok: true }],
    ['fails', raw('HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n'), { ok: false, blame: 'target' }],
    ['is gone', raw('HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n'), { ok: false, blame: 'target', gone: true }],
    ['says nothing', () => undefined, { ok: false, reason: 'The webhook did not answer in time.' }],
    ['speaks no HTTP', raw('220 mail ready\r\n'), { ok: false, blame: 'target' }],
    ['hangs up', (socket) => socket.destroy(), { ok: false, blame: 'target' }],
    ['has endless headers', raw(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`), { ok: false, blame: 'target' }],
  ];
  it.each(cases)('%s', async (_what, talk, outcome) => {
    await listening(async (port) => {
      expect(await local().send(`http://127.0.0.1:${port}/`, NUDGE)).toMatchObject(outcome);
    }, talk);
  });

  it('trickles its headers is given up after the time of one attempt', async () => {
    const trickle = (socket: net.Socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x: y\r\n'), 50);
      socket.once('close', () => clearInterval(drip));
    };
    await listening(async (port) => {
      // It would go on for ever.
      expect(await local().send(`http://127.0.0.1:${port}/`, NUDGE)).toMatchObject({ ok: false });
    }, trickle);
  });

  it('answers with an endless body is not listened to', async () => {
    let written = 0;
    const closed = Promise.withResolvers<void>();
    const server = http.createServer((_request, response) => {
      const pour = () => {
        if (response.destroyed) return;
        written += 65_536;
        if (response.write(Buffer.alloc(65_536))) setImmediate(pour);
        else response.once('drain', pour);
      };
      response.writeHead(200);
      response.once('close', () => closed.resolve());
      pour();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    // Longer than this test may last: only hanging up ends it.
    const patient = channel({ anyTarget: true, timeoutMs: 60_000 });
    expect(await patient.send(`http://127.0.0.1:${port}/`, NUDGE)).toEqual({ ok: true });
    await closed.promise;
    expect(written).toBeLessThan(32 * 1_048_576);
    await new Promise((resolve) => server.close(resolve));
  });

  it('redirects is not followed', async () => {
    await listening(async (inner, connections) => {
      const redirect = raw(
        `HTTP/1.1 307 Over there\r\nlocation: http://127.0.0.1:${inner}/\r\ncontent-length: 0\r\n\r\n`,
      );
      await listening(async (port) => {
        const sent = await local().send(`http://127.0.0.1:${port}/`, NUDGE);
        expect(sent).toMatchObject({ ok: false, reason: 'The webhook answered with status 307.' });
      }, redirect);
      expect(connections()).toBe(0);
    });
  });
});
