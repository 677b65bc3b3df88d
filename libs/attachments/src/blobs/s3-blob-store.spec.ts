import net from 'node:net';
import { S3BlobStore } from './s3-blob-store.js';

/** What a service answers to every call, as it goes over the wire; it ends the connection behind it, or keeps still. */
interface Behaviour {
  readonly says: string;
  readonly ends: boolean;
}

const BEHAVIOURS: readonly (Behaviour & { readonly name: string })[] = [
  { name: 'never answers', says: '', ends: false },
  { name: 'stops in the middle', says: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc', ends: false },
  { name: 'breaks off in the middle', says: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc', ends: true },
  { name: 'fails', says: 'HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n', ends: false },
  { name: 'is not HTTP', says: 'SSH-2.0-x\r\n', ends: true },
];

const LIMITS = { connectMs: 200, callMs: 1_000 };

describe('an S3-compatible service that', () => {
  const sockets = new Set<net.Socket>();
  let behaviour: Behaviour;
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => {
      socket.write(behaviour.says);
      if (behaviour.ends) socket.end();
    });
  });
  let store: S3BlobStore;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    const keys = { accessKeyId: 'test', secretAccessKey: 'hunter2' };
    store = new S3BlobStore({ bucket: 'attachments', endpoint, region: 'us-east-1', ...keys }, LIMITS);
  });
  afterAll(async () => {
    store.onApplicationShutdown();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(BEHAVIOURS)('$name is given up, with a code and without what opens it', async (next) => {
    behaviour = next;
    const error: unknown = await store.get('a.0').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_STORAGE_UNAVAILABLE' });
    const { cause } = error as Error;
    expect(Object.keys(cause as object).sort()).toEqual(['code', 'name']);
  });

  it('has no room is told apart', async () => {
    const body = '<Error><Code>QuotaExceeded</Code><Message>x</Message></Error>';
    behaviour = {
      says: `HTTP/1.1 403 No\r\ncontent-type: application/xml\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      ends: false,
    };
    await expect(store.put('a.0', Buffer.of(1))).rejects.toMatchObject({ code: 'ERR_STORAGE_FULL' });
  });
});
