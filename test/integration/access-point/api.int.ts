import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import type { AccessLogEntry, LegSummary, LegView, NewRequest, RequestView, SubmittedRequest } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import type { OfficerClient } from './support/access-point.js';
import { deskOf, urnOf } from './support/community.js';
import { ForeignSender } from './support/foreign-sender.js';
import { requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(30_000);

let world: World<'rs'>;
let milica: OfficerClient;
let duty: OfficerClient;

beforeAll(async () => {
  world = await buildWorld(['rs']);
  milica = world.accessPoints.rs.officer('LIAISON_OFFICER', deskOf('rs', 'liaison'));
  duty = world.accessPoints.rs.officer('NCC_DUTY_OFFICER');
});
afterAll(() => world.end());
failOnLeaks();

const submit = (body: NewRequest, key: string = randomUUID(), by = milica) =>
  by.post<SubmittedRequest>('/v1/requests', body, { key });

describe('submitting', () => {
  it('makes one envelope per recipient, each for that recipient alone', async () => {
    const { body } = await submit(requestTo(['iq', 'tr']));
    expect(body.legs.map(({ participant }) => participant)).toEqual([urnOf('iq'), urnOf('tr')]);
    await eventually(() => {
      const taken = world.hub.taken.filter(({ event }) => event.data.header['requestId'] === body.requestId);
      expect(taken).toHaveLength(2);
      for (const { event } of taken) {
        expect(event.data.content?.recipients).toHaveLength(1);
        expect(event.data.header).toMatchObject({
          sender: { participant: urnOf('rs'), desk: deskOf('rs', 'liaison'), officer: milica.pseudonym },
          purpose: 'INVESTIGATION',
          legalBasis: { code: 'MEMORANDUM' },
          items: 2,
        });
      }
    });
  });

  it('has one effect per key, and the same answer each time, also at once', async () => {
    const key = randomUUID();
    const answers = await Promise.all([1, 2, 3].map(() => submit(requestTo(['iq']), key)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body.requestId)).size).toBe(1);
    const rows = await world.accessPoints.rs.query('select 1 from request where request_id = $1', [
      answers[0]!.body.requestId,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('refuses another body under the same key, and lets another officer have that key', async () => {
    const key = randomUUID();
    expect((await submit(requestTo(['iq']), key)).status).toBe(202);
    const other = await submit(requestTo(['tr']), key);
    expect([other.status, other.body.code]).toEqual([409, 'ERR_REQUEST_IDEMPOTENCY_CONFLICT']);
    expect((await submit(requestTo(['tr']), key, duty)).status).toBe(202);
  });

  it('keeps no key of an act that was refused', async () => {
    const key = randomUUID();
    const recipients = [{ participant: urnOf('iq'), desk: 'urn:serai:desk:iq:closed' }];
    expect((await submit(requestTo(['iq'], { recipients }), key)).status).toBe(422);
    expect((await submit(requestTo(['iq']), key)).status).toBe(202);
  });

  it.each<[string, Partial<NewRequest>, string]>([
    [
      'to a desk that is not there',
      { recipients: [{ participant: urnOf('iq'), desk: deskOf('tr') }] },
      'ERR_REQUEST_RECIPIENT_UNKNOWN',
    ],
    ['that is over', { expiresAt: '2020-01-01T00:00:00.000Z' }, 'ERR_REQUEST_EXPIRED'],
    ['of no kind', { kind: 'GOSSIP' as never }, 'ERR_REQUEST_INVALID'],
    ['twice to the same', { recipients: requestTo(['iq', 'iq']).recipients }, 'ERR_REQUEST_INVALID'],
    ['without facts', { content: { ...requestTo(['iq']).content, facts: [] } }, 'ERR_REQUEST_INVALID'],
    [
      'with a name that hides characters',
      { content: { ...requestTo(['iq']).content, title: 'abc\u200bdef' } },
      'ERR_REQUEST_INVALID',
    ],
  ])('refuses a request %s, before anything is signed', async (_, change, code) => {
    const before = await world.accessPoints.rs.query('select 1 from outgoing_envelope');
    const { status, body, headers } = await submit(requestTo(['iq'], change));
    expect([status, body.code]).toEqual([422, code]);
    expect(headers.get('content-type')).toContain('application/problem+json');
    if (code === 'ERR_REQUEST_INVALID')
      expect(body.errors).toEqual([{ path: expect.any(String), message: expect.any(String) }]);
    expect(await world.accessPoints.rs.query('select 1 from outgoing_envelope')).toHaveLength(before.length);
  });

  it('shows what the hub refused, with its code, on request, leg and envelope', async () => {
    world.hub.decides = false;
    const { body } = await submit(requestTo(['iq']));
    const { legId, envelopeId } = body.legs[0]!;
    await eventually(() => expect(world.hub.taken.at(-1)?.event.id).toBe(envelopeId));
    await world.hub.services.refuse(world.hub.taken.at(-1)!, 'ERR_REQUEST_NO_AGREEMENT');
    world.hub.decides = true;
    const problem = { code: 'ERR_REQUEST_NO_AGREEMENT', status: 403 };
    await eventually(async () => {
      const envelope = await milica.get(`/v1/envelopes/${envelopeId}`);
      expect(envelope.body).toMatchObject({ state: 'REFUSED', problem });
    });
    const leg = await milica.get<LegView>(`/v1/legs/${legId}`);
    expect(leg.body).toMatchObject({ submission: 'REFUSED', problem, actions: ['readContent', 'addNote'] });
    const request = await milica.get<RequestView>(`/v1/requests/${body.requestId}`);
    expect(request.body.legs).toMatchObject([{ legId, submission: 'REFUSED', problem }]);
  });
});

describe('bodies and addresses', () => {
  it('are refused when they are no JSON, too large, or nowhere', async () => {
    const address = await world.accessPoints.rs.instance.getUrl();
    const post = async (body: string, headers: object = {}) => {
      const all = { ...(await milica.headers()), 'content-type': 'application/json', ...headers };
      const answer = await fetch(`${address}/v1/requests`, { method: 'POST', headers: all, body });
      return { status: answer.status, code: ((await answer.json()) as { code: string }).code };
    };
    expect(await post('{')).toMatchObject({ code: 'ERR_REQUEST_INVALID' });
    expect(await post('x'.repeat(1_100_000))).toEqual({ status: 413, code: 'ERR_REQUEST_TOO_LARGE' });
    expect(await post('<a/>', { 'content-type': 'text/xml' })).toEqual({ status: 415, code: 'ERR_REQUEST_MEDIA_TYPE' });
    expect((await milica.get('/v1/nowhere')).body.code).toBe('ERR_REQUEST_NOT_FOUND');
  });

  it('are answered with the headers that browsers need', async () => {
    const { headers } = await milica.get('/v1/me');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('lists', () => {
  it('page through every leg once, newest first or by the end of its time', async () => {
    for (let nth = 0; nth < 4; nth += 1) await submit(requestTo(['iq']));
    for (const sort of ['newest', 'due']) {
      const seen: string[] = [];
      let next: string | undefined;
      do {
        const cursor = next === undefined ? '' : `&cursor=${next}`;
        const page = await duty.get<{ entries: LegSummary[]; next?: string }>(`/v1/legs?limit=3&sort=${sort}${cursor}`);
        seen.push(...page.body.entries.map(({ legId }) => legId));
        next = page.body.next;
      } while (next !== undefined);
      const all = await world.accessPoints.rs.query('select leg_id from leg');
      expect(seen).toHaveLength(all.length);
      expect(new Set(seen).size).toBe(all.length);
    }
  });

  it('narrow down by direction, status, desk', async () => {
    const incoming = await new ForeignSender(world.community, 'iq', 'rs').request();
    await world.hub.services.decide(incoming);
    await eventually(async () => {
      const { body } = await duty.get<{ entries: LegSummary[] }>('/v1/legs?direction=incoming&status=DELIVERED');
      expect(body.entries.map(({ legId }) => legId)).toEqual([incoming.event.subject]);
    });
    const none = await duty.get<{ entries: LegSummary[] }>(`/v1/legs?desk=${deskOf('rs', 'investigation')}`);
    expect(none.body.entries).toEqual([]);
    const outgoing = await duty.get<{ entries: LegSummary[] }>(`/v1/legs?desk=${deskOf('rs', 'liaison')}`);
    expect(outgoing.body.entries.every(({ direction }) => direction === 'outgoing')).toBe(true);
  });

  it('of requests show a liaison officer those of own desks only', async () => {
    await submit(requestTo(['iq']), randomUUID(), duty);
    const own = await milica.get<{ entries: RequestView[] }>('/v1/requests?limit=200');
    expect(new Set(own.body.entries.map(({ desk }) => desk))).toEqual(new Set([deskOf('rs', 'liaison')]));
    const all = await duty.get<{ entries: RequestView[] }>('/v1/requests?limit=200');
    expect(new Set(all.body.entries.map(({ desk }) => desk))).toEqual(new Set([deskOf('rs', 'liaison'), deskOf('rs')]));
    const foreign = all.body.entries.find(({ desk }) => desk === deskOf('rs'))!;
    expect((await milica.get(`/v1/requests/${foreign.requestId}`)).status).toBe(404);
  });

  it.each(['legs', 'requests', 'access-log'])('of %s refuse a cursor that they did not hand out', async (list) => {
    const cursor = Buffer.from('{"at":"yesterday"}').toString('base64url');
    const { status, body } = await duty.get(`/v1/${list}?cursor=${cursor}`);
    expect([status, body.code]).toEqual([400, 'ERR_CURSOR_INVALID']);
  });
});

describe('the directory', () => {
  it('shows participants, desks and routes', async () => {
    const participants = await milica.get<{ entries: { participant: string }[] }>('/v1/directory/participants');
    expect(participants.body.entries).toHaveLength(4);
    const desks = await milica.get<{ entries: { desk: string }[] }>(`/v1/directory/desks?participant=${urnOf('tr')}`);
    expect(desks.body.entries.map(({ desk }) => desk)).toContain(deskOf('tr'));
    const to = `${urnOf('iq')},${urnOf('bg')}`;
    const routes = await milica.get<{ entries: object[] }>(`/v1/directory/routes?to=${to}&kind=IDENTITY`);
    expect(routes.body.entries).toEqual([
      { participant: urnOf('iq'), kind: 'IDENTITY', agreement: expect.objectContaining({ legalBasis: 'MEMORANDUM' }) },
    ]);
    expect((await milica.get('/v1/directory/routes?to=somebody')).status).toBe(422);
  });
});

describe('the access log', () => {
  it('shows who read what: a liaison officer own acts, an auditor all, newest first', async () => {
    const { body } = await submit(requestTo(['iq']));
    const { legId, envelopeId } = body.legs[0]!;
    const path = `/v1/legs/${legId}/messages/${envelopeId}/content`;
    await milica.get(path, { purpose: 'PROSECUTION' });
    await duty.get(path);
    const auditor = world.accessPoints.rs.officer('AUDITOR');
    const all = await auditor.get<{ entries: AccessLogEntry[] }>(`/v1/access-log?legId=${legId}`);
    expect(all.body.entries).toMatchObject([
      { action: 'CONSULTED', officer: duty.pseudonym, purpose: 'INVESTIGATION', operation: 'readContent' },
      { action: 'CONSULTED', officer: milica.pseudonym, purpose: 'PROSECUTION', envelopeId },
    ]);
    const own = await milica.get<{ entries: AccessLogEntry[] }>(`/v1/access-log?legId=${legId}`);
    expect(own.body.entries.map(({ officer }) => officer)).toEqual([milica.pseudonym]);
    expect(JSON.stringify(all.body)).not.toContain(milica.subject);
    const first = await auditor.get<{ entries: AccessLogEntry[]; next: string }>('/v1/access-log?limit=1');
    const second = await auditor.get<{ entries: AccessLogEntry[] }>(`/v1/access-log?limit=1&cursor=${first.body.next}`);
    expect(second.body.entries[0]?.entryId).not.toBe(first.body.entries[0]?.entryId);
  });
});

describe('moves on legs', () => {
  it('name items and clarifications that there are', async () => {
    const incoming = await new ForeignSender(world.community, 'iq', 'rs').request();
    await world.hub.services.decide(incoming);
    const legId = incoming.event.subject;
    await eventually(async () => expect((await duty.get<LegView>(`/v1/legs/${legId}`)).body.status).toBe('DELIVERED'));
    const item = { itemId: '3', result: 'NO_RECORD', statements: [] };
    const answer = { language: 'en', handling: 'H1', caveats: [], items: [item], final: true };
    expect((await duty.post(`/v1/legs/${legId}/responses`, answer)).body.code).toBe('ERR_LEG_ITEM_UNKNOWN');
    const found = { itemId: '1', result: 'FOUND', statements: [{ basis: 'FACT', text: 'x' }] };
    const ungraded = await duty.post(`/v1/legs/${legId}/responses`, { ...answer, items: [found] });
    expect([ungraded.status, ungraded.body.code]).toEqual([422, 'ERR_REQUEST_INVALID']);
    const text = { language: 'en', text: 'x' };
    const { body } = await submit(requestTo(['iq']));
    const unasked = await milica.post(`/v1/legs/${body.legs[0]!.legId}/clarifications/${v7()}/answer`, text);
    expect([unasked.status, unasked.body.code]).toEqual([422, 'ERR_LEG_CLARIFICATION_UNKNOWN']);
    expect((await duty.post(`/v1/legs/${legId}/refusals`, { reason: text })).status).toBe(422);
  });
});
