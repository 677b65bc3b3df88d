import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SeraiClient } from './serai-client.js';
import { SeraiProblem } from './serai-problem.js';

const ENVELOPE = '01933f6e-0000-7000-8000-000000000001';
const LEG = '01933f6e-0000-7000-8000-000000000002';
const DESK = 'urn:serai:desk:rs:liaison';

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}
type Answer = (received: Received, response: ServerResponse) => void;

let received: Received[] = [];
let answers: Answer[] = [];

/** Answers the calls in order, the last answer again and again. */
const server = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk: Buffer) => (text += chunk.toString()));
  request.on('end', () => {
    const { method = '', url = '', headers } = request;
    const call = { method, url, headers, body: text ? JSON.parse(text) : undefined };
    received.push(call);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(call, response);
  });
});
const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (_received, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
const problem = (status: number, code: string, more: object = {}, headers: Record<string, string> = {}): Answer =>
  json({ type: `urn:serai:problem:${code}`, title: 't', status, code, detail: 'Said so.', ...more }, status, headers);
const hangUp: Answer = (_received, response) => void response.destroy();

const envelope = (state: string, more: object = {}) => ({
  envelopeId: ENVELOPE,
  type: 'serai.requests.leg.acknowledged.v1',
  state,
  ...more,
});

let baseUrl: string;
const client = (more: object = {}): SeraiClient =>
  new SeraiClient({
    baseUrl,
    token: async () => 'secret-token',
    desk: DESK,
    purpose: 'INVESTIGATION',
    patienceMs: 2_000,
    ...more,
  });

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  received = [];
  answers = [];
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const refusalOf = async (work: Promise<unknown>): Promise<SeraiProblem> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof SeraiProblem) return error;
  throw new Error(`expected a problem, got ${String(error)}`);
};

describe('a call', () => {
  it('carries token, desk, purpose and an idempotency key when it acts', async () => {
    answers = [json({ envelopeId: ENVELOPE }, 202)];
    await client().askReconsideration(LEG, { language: 'en', text: 'Please think again.' });
    expect(received).toMatchObject([
      {
        method: 'POST',
        url: `/v1/legs/${LEG}/reconsideration`,
        headers: { authorization: 'Bearer secret-token', 'serai-desk': DESK, 'serai-purpose': 'INVESTIGATION' },
        body: { language: 'en', text: 'Please think again.' },
      },
    ]);
    expect(received[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('carries neither desk nor key when it only reads a list', async () => {
    answers = [json({ entries: [] })];
    await client().routes({ to: 'urn:serai:participant:iq', kind: 'IDENTITY' });
    expect(received[0]?.url).toBe('/v1/directory/routes?to=urn%3Aserai%3Aparticipant%3Aiq&kind=IDENTITY');
    expect(received[0]?.headers['serai-desk']).toBeUndefined();
    expect(received[0]?.headers['idempotency-key']).toBeUndefined();
  });

  it('acts for another desk and purpose when told so', async () => {
    answers = [json({ envelopeId: ENVELOPE }, 202)];
    await client().acting({ desk: 'urn:serai:desk:rs:ncc', purpose: 'PREVENTION' }).acknowledge(LEG);
    expect(received[0]?.headers).toMatchObject({
      'serai-desk': 'urn:serai:desk:rs:ncc',
      'serai-purpose': 'PREVENTION',
    });
    expect(received[0]?.body).toBeUndefined();
  });

  it('drops members that this version does not know', async () => {
    answers = [json({ ...envelope('QUEUED'), invented: 1 })];
    expect(await client().envelope(ENVELOPE)).toEqual(envelope('QUEUED'));
  });
});

describe('a refusal', () => {
  it('is a problem with code, status and sentence', async () => {
    answers = [problem(403, 'ERR_OFFICER_FORBIDDEN')];
    const refusal = await refusalOf(client().acknowledge(LEG));
    expect(refusal).toMatchObject({ code: 'ERR_OFFICER_FORBIDDEN', status: 403, message: 'Said so.', fields: [] });
    expect(received).toHaveLength(1);
  });

  it('names the wrong fields', async () => {
    const errors = [{ path: 'text', message: 'must not be empty' }];
    answers = [problem(422, 'ERR_REQUEST_INVALID', { errors })];
    expect((await refusalOf(client().addNote(LEG, ''))).fields).toEqual(errors);
  });

  it('by something that is no access point says so', async () => {
    answers = [(_call, response) => void response.writeHead(404).end('<html>')];
    await expect(client().me()).rejects.toThrow('answered 404 without a problem document');
  });

  it('is made of an answer that the route table does not describe', async () => {
    answers = [json({ envelopeId: 'nonsense', state: 'QUEUED' })];
    await expect(client().envelope(ENVELOPE)).rejects.toMatchObject({ code: 'ERR_INTERNAL_UNEXPECTED' });
  });

  it('is never followed elsewhere by a redirect', async () => {
    answers = [(_call, response) => void response.writeHead(302, { location: 'https://evil.example/' }).end()];
    await expect(client({ patienceMs: 0 }).me()).rejects.toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' });
  });
});

describe('patience', () => {
  it('repeats an act with the same key when the connection broke', async () => {
    answers = [hangUp, hangUp, json({ envelopeId: ENVELOPE }, 202)];
    await client().acknowledge(LEG);
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('waits as long as Retry-After asks', async () => {
    answers = [problem(503, 'ERR_DATABASE_UNAVAILABLE', {}, { 'retry-after': '1' }), json(envelope('QUEUED'))];
    const begun = Date.now();
    await client().envelope(ENVELOPE);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(990);
  });

  it('ends with the reason', async () => {
    answers = [problem(503, 'ERR_DATABASE_UNAVAILABLE')];
    expect(await refusalOf(client({ patienceMs: 150 }).me())).toMatchObject({ code: 'ERR_DATABASE_UNAVAILABLE' });
    answers = [hangUp];
    await expect(client({ patienceMs: 0 }).me()).rejects.toMatchObject({
      code: 'ERR_UPSTREAM_UNAVAILABLE',
      message: `The access point at ${baseUrl} does not answer.`,
    });
  });

  it('asks for a token before every attempt', async () => {
    answers = [hangUp, json(envelope('QUEUED'))];
    let asked = 0;
    await client({ token: async () => `token-${++asked}` }).envelope(ENVELOPE);
    expect(received.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });
});

describe('lists', () => {
  const entry = (name: string) => ({
    noteId: ENVELOPE,
    text: name,
    writtenBy: { officer: 'o-3f9a1c2e', desk: DESK, createdAt: '2026-11-22T03:12:06.123Z' },
  });

  it('go on page after page, only as far as they are read', async () => {
    answers = [
      json({ entries: [entry('a'), entry('b')], next: 'p2' }),
      json({ entries: [entry('c')], next: 'p3' }),
      json({ entries: [entry('d')] }),
    ];
    const read: string[] = [];
    for await (const { text } of client().notes(LEG)) {
      read.push(text);
      if (text === 'c') break;
    }
    expect(read).toEqual(['a', 'b', 'c']);
    expect(received.map(({ url }) => url)).toEqual([`/v1/legs/${LEG}/notes`, `/v1/legs/${LEG}/notes?cursor=p2`]);
  });

  it('throw the problem of a later page', async () => {
    answers = [json({ entries: [], next: 'p2' }), problem(400, 'ERR_CURSOR_INVALID')];
    expect(await refusalOf(client().notes(LEG).next())).toMatchObject({ code: 'ERR_CURSOR_INVALID' });
  });
});

describe('waiting for an envelope', () => {
  const refused = { type: 'urn:x', title: 't', status: 409, code: 'ERR_LEG_MOVE_NOT_ALLOWED', detail: 'Not now.' };

  it('ends when the hub accepted it', async () => {
    answers = [
      problem(404, 'ERR_REQUEST_NOT_FOUND'),
      json(envelope('QUEUED')),
      json(envelope('RECEIVED')),
      json(envelope('ACCEPTED')),
    ];
    expect((await client().waitForEnvelope(ENVELOPE, { until: 'ACCEPTED' })).state).toBe('ACCEPTED');
  });

  it('ends earlier when only durability was asked for', async () => {
    answers = [json(envelope('QUEUED')), json(envelope('RECEIVED'))];
    expect((await client().waitForEnvelope(ENVELOPE, { until: 'RECEIVED' })).state).toBe('RECEIVED');
  });

  it('throws the refusal of the hub, or hands it over when either decision was asked for', async () => {
    answers = [json(envelope('REFUSED', { problem: refused }))];
    const thrown = await refusalOf(client().waitForEnvelope(ENVELOPE, { until: 'ACCEPTED' }));
    expect(thrown).toMatchObject({ code: 'ERR_LEG_MOVE_NOT_ALLOWED', message: 'Not now.' });
    expect((await client().waitForEnvelope(ENVELOPE, { until: 'DECIDED' })).problem?.code).toBe(
      'ERR_LEG_MOVE_NOT_ALLOWED',
    );
  });

  it('gives up after its time', async () => {
    answers = [json(envelope('QUEUED'))];
    const waiting = client().waitForEnvelope(ENVELOPE, { until: 'ACCEPTED', timeoutMs: 60 });
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' });
  });

  it('ends at once when it is called off', async () => {
    answers = [json(envelope('QUEUED'))];
    const calledOff = AbortSignal.abort();
    await expect(client().waitForEnvelope(ENVELOPE, { until: 'ACCEPTED', signal: calledOff })).rejects.toThrow();
  });
});

describe('live events', () => {
  const stream =
    (...lines: string[]): Answer =>
    (_call, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const line of lines) response.write(line);
      response.end();
    };
  const event = (id: string, version: number): string =>
    `id: ${id}\nevent: leg.changed\ndata: ${JSON.stringify({ legId: LEG, version, status: 'DELIVERED' })}\n\n`;

  it('resume after the last one that was handed out, also when the access point was away', async () => {
    answers = [stream(': heartbeat\n\n', event('7', 1), event('8', 2)), hangUp, stream(event('9', 3))];
    const over = new AbortController();
    const versions: number[] = [];
    for await (const seen of client().events({ lastEventId: '6', signal: over.signal })) {
      if (seen.event === 'leg.changed') versions.push(seen.data.version);
      if (versions.length === 3) over.abort();
    }
    expect(versions).toEqual([1, 2, 3]);
    expect(received.map(({ headers }) => headers['last-event-id'])).toEqual(['6', '8', '8']);
  });

  it('of a kind that is not known are skipped', async () => {
    answers = [stream(`id: 1\nevent: moon.rose\ndata: {}\n\n`, event('2', 5))];
    const over = new AbortController();
    for await (const seen of client().events({ signal: over.signal })) {
      expect(seen.id).toBe('2');
      over.abort();
    }
  });

  it('end with the refusal when the officer may not see them', async () => {
    answers = [problem(401, 'ERR_OFFICER_UNAUTHENTICATED')];
    const events = client().events({ signal: new AbortController().signal });
    expect(await refusalOf(events.next())).toMatchObject({ code: 'ERR_OFFICER_UNAUTHENTICATED' });
  });
});
