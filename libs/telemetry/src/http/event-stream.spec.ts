import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type ServerSentEvent, taken, writeEventStream } from './event-stream.js';

interface Entry {
  readonly sequence: number;
  readonly text: string;
}
const entry = (sequence: number, text = 'a.b.c'): Entry => ({ sequence, text });
const toEvent = (data: Entry): ServerSentEvent => ({ id: data.sequence, event: 'entry', data });

/** A server whose every request is answered by `answer`. */
async function serving(answer: (response: http.ServerResponse) => Promise<void>) {
  const answered = Promise.withResolvers<void>();
  const server = http.createServer(
    (_request, response) => void answer(response).then(answered.resolve, answered.reject),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, server, answered: answered.promise, [Symbol.asyncDispose]: async () => void server.close() };
}

async function* pages(...given: Entry[][]): AsyncGenerator<Entry[]> {
  yield* given;
}

describe(writeEventStream.name, () => {
  it('writes entries with their sequence as event id, and a comment for an empty page', async () => {
    const signal = new AbortController().signal;
    await using server = await serving((response) =>
      writeEventStream(response, pages([entry(1)], [], [entry(2)]), toEvent, signal),
    );
    const response = await fetch(server.url);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const events = (await response.text()).split('\n\n').slice(1, -1);
    expect(events).toEqual([
      `id: 1\nevent: entry\ndata: ${JSON.stringify(entry(1))}`,
      ': heartbeat',
      `id: 2\nevent: entry\ndata: ${JSON.stringify(entry(2))}`,
    ]);
  });

  it('leaves the event id out where nothing has moved on', async () => {
    const signal = new AbortController().signal;
    const still = (data: Entry): ServerSentEvent => ({ event: 'still', data });
    await using server = await serving((response) => writeEventStream(response, pages([entry(1)]), still, signal));
    const body = await (await fetch(server.url)).text();
    expect(body).toContain(`\n\nevent: still\ndata: ${JSON.stringify(entry(1))}\n\n`);
    expect(body).not.toContain('id:');
  });

  it('ends cleanly when it is told to', async () => {
    const stop = new AbortController();
    async function* endless(): AsyncGenerator<Entry[]> {
      for (let sequence = 1; ; sequence += 1) {
        if (sequence === 4) stop.abort();
        yield [entry(sequence)];
      }
    }
    await using server = await serving((response) => writeEventStream(response, endless(), toEvent, stop.signal));
    expect(await (await fetch(server.url)).text()).not.toContain('id: 4');
    await server.answered;
  });

  it('drops a reader that takes nothing, having asked for no more than it could write', async () => {
    let asked = 0;
    async function* large(): AsyncGenerator<Entry[]> {
      for (;;) {
        asked += 1;
        await turn();
        yield [entry(asked, 'x'.repeat(1_000_000))];
      }
    }
    const signal = new AbortController().signal;
    await using server = await serving((response) => writeEventStream(response, large(), toEvent, signal, 100));
    const request = http.get(server.url);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.pause();
    response.on('error', () => undefined);
    await server.answered;
    expect(asked).toBeLessThan(50);
    request.destroy();
  });
});

describe(taken.name, () => {
  it('waits until a reader that reads has everything', async () => {
    const text = 'x'.repeat(5_000_000);
    await using server = await serving((response) => {
      response.end(text);
      return taken(response, 10_000);
    });
    expect(await (await fetch(server.url)).text()).toBe(text);
    await server.answered;
  });

  it.each([
    ['takes nothing', () => undefined],
    ['takes a byte now and then', (response: http.IncomingMessage) => void response.read(1)],
  ])('drops a reader that %s', async (_what, read) => {
    await using server = await serving((response) => {
      response.end('x'.repeat(50_000_000));
      return taken(response, 200);
    });
    const request = http.get(server.url);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.on('error', () => undefined);
    const reading = setInterval(() => read(response), 20);
    await server.answered;
    clearInterval(reading);
    expect(await new Promise((resolve) => server.server.getConnections((_error, count) => resolve(count)))).toBe(0);
    request.destroy();
  });
});
