import { generateKeyPairSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { LegView } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import { TrafficControl } from '#libs/traffic';
import type { OfficerClient } from './support/access-point.js';
import { deskOf, urnOf } from './support/community.js';
import { ForeignSender } from './support/foreign-sender.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(30_000);

let world: World<'iq'>;
let karim: OfficerClient;

beforeAll(async () => {
  world = await buildWorld(['iq']);
  karim = world.accessPoints.iq.officer('NCC_DUTY_OFFICER');
});
afterAll(() => world.end());
failOnLeaks();

/** An incoming leg that is delivered. */
async function newLeg(): Promise<LegView> {
  const envelope = await new ForeignSender(world.community, 'rs', 'iq').request();
  await world.hub.services.decide(envelope);
  return eventually(async () => {
    const { body } = await karim.get<LegView>(`/v1/legs/${envelope.event.subject}`);
    expect(body.status).toBe('DELIVERED');
    return body;
  });
}

describe('an allowance', () => {
  it('stops an officer who calls too often, with a time to come again, and nobody else', async () => {
    const { iq } = world.accessPoints;
    const hasty = iq.officer('NCC_DUTY_OFFICER', deskOf('iq'), 'hasty');
    await iq.query(
      `insert into traffic_policy (caller, effective_from, per_second, burst, per_day, note) values ($1, now() - interval '1 day', 0.1, 2, 100, 'test')`,
      [hasty.subject],
    );
    await iq.instance.get(TrafficControl).reload();
    const statuses: number[] = [];
    for (let nth = 0; nth < 3; nth += 1) statuses.push((await hasty.get('/v1/me')).status);
    expect(statuses).toEqual([200, 200, 429]);
    const headers = { authorization: `Bearer ${await hasty.token()}` };
    const refusal = await fetch(`${await iq.instance.getUrl()}/v1/me`, { headers });
    expect(await refusal.json()).toMatchObject({ status: 429, code: 'ERR_TRAFFIC_TOO_FAST' });
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await karim.get('/v1/me')).status).toBe(200);
  });
});

describe('access tokens', () => {
  const call = async (token: string | undefined, path = '/v1/me') => {
    const address = await world.accessPoints.iq.instance.getUrl();
    const headers = token === undefined ? {} : { authorization: token };
    const answer = await fetch(`${address}${path}`, { headers });
    return { status: answer.status, body: (await answer.json()) as { code?: string; roles?: string[] } };
  };

  it('say who the officer is', async () => {
    const { status, body } = await karim.get('/v1/me');
    expect(status).toBe(200);
    expect(body).toEqual({
      subject: karim.subject,
      name: `Officer ${karim.subject}`,
      participant: urnOf('iq'),
      pseudonym: karim.pseudonym,
      roles: ['NCC_DUTY_OFFICER'],
      desks: [{ desk: deskOf('iq'), name: 'Desk ncc', kind: 'NCC' }],
    });
  });

  it.each<[string, () => Promise<string | undefined>]>([
    ['none', async () => undefined],
    ['another scheme', async () => 'Basic abc'],
    ['no token', async () => 'Bearer '],
    ['nonsense', async () => 'Bearer abc.def.ghi'],
    ['another issuer', async () => `Bearer ${await karim.token({ claims: { iss: 'https://elsewhere.example' } })}`],
    ['another audience', async () => `Bearer ${await karim.token({ claims: { aud: urnOf('rs') } })}`],
    ['an ID token', async () => `Bearer ${await karim.token({ header: { typ: 'JWT' } })}`],
    [
      'one that has ended',
      async () => `Bearer ${await karim.token({ claims: { exp: Math.floor(Date.now() / 1000) - 60 } })}`,
    ],
    ['one without an end', async () => `Bearer ${await karim.token({ claims: { exp: undefined } })}`],
    [
      'one of another participant',
      async () => `Bearer ${await karim.token({ claims: { serai_participant: urnOf('rs') } })}`,
    ],
    [
      'desks of another participant',
      async () => `Bearer ${await karim.token({ claims: { serai_desks: [deskOf('rs')] } })}`,
    ],
    ['a role that is none', async () => `Bearer ${await karim.token({ claims: { serai_roles: ['ADMIN'] } })}`],
    ['no role', async () => `Bearer ${await karim.token({ claims: { serai_roles: [] } })}`],
    ['no pseudonym', async () => `Bearer ${await karim.token({ claims: { serai_pseudonym: 'Karim' } })}`],
    ['no signature', async () => `Bearer ${(await karim.token()).split('.').slice(0, 2).join('.')}.`],
    [
      'the signature of a stranger',
      async () => {
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        return `Bearer ${await karim.token({ key: privateKey as never })}`;
      },
    ],
  ])('with %s are refused', async (_, token) => {
    expect(await call(await token())).toMatchObject({ status: 401, body: { code: 'ERR_OFFICER_UNAUTHENTICATED' } });
  });

  it('are asked for before an address is looked at', async () => {
    expect((await call(undefined, `/v1/legs/${v7()}`)).status).toBe(401);
  });
});

describe('a refusal', () => {
  it('is written to the access log', async () => {
    const chair = world.accessPoints.iq.officer('CHAIR', deskOf('iq'), 'curious chair');
    const leg = await newLeg();
    await chair.get(`/v1/legs/${leg.legId}/messages/${leg.messages[0]!.envelopeId}/content`);
    const rows = await world.accessPoints.iq.query(
      'select action, operation, code, leg_id, desk, purpose from access_log where subject = $1',
      [chair.subject],
    );
    expect(rows).toEqual([
      {
        action: 'DENIED',
        operation: 'readContent',
        code: 'ERR_OFFICER_FORBIDDEN',
        leg_id: leg.legId,
        desk: deskOf('iq'),
        purpose: 'INVESTIGATION',
      },
    ]);
  });
});

describe('what an officer may see', () => {
  it('is hidden from others as if it did not exist', async () => {
    const leg = await newLeg();
    const message = leg.messages[0]!.envelopeId;
    const paths = ['', `/messages/${message}/content`, `/messages/${message}/proof`, '/notes', '/assignments'];
    const strangers = [
      world.accessPoints.iq.officer('LIAISON_OFFICER', deskOf('iq', 'liaison')),
      world.accessPoints.iq.officer('INVESTIGATOR', deskOf('iq', 'investigation')),
      world.accessPoints.iq.officer('ANALYST', deskOf('iq')),
    ];
    for (const officer of strangers) {
      for (const path of paths) {
        const real = await officer.get(`/v1/legs/${leg.legId}${path}`);
        const imagined = await officer.get(`/v1/legs/${v7()}${path}`);
        expect(real.status).toBe(imagined.status);
        expect(real.body).toEqual(imagined.body);
        expect([403, 404]).toContain(real.status);
      }
      const { body } = await officer.get<{ entries: unknown[] }>('/v1/legs');
      expect(body.entries).toEqual([]);
    }
  });

  it('grows with an assignment, and only for the desk that got it', async () => {
    const leg = await newLeg();
    const investigator = world.accessPoints.iq.officer('INVESTIGATOR', deskOf('iq', 'investigation'), 'dilan');
    const colleague = world.accessPoints.iq.officer('INVESTIGATOR', deskOf('iq', 'liaison'), 'other desk');
    expect((await investigator.get(`/v1/legs/${leg.legId}`)).status).toBe(404);
    const assigned = await karim.post(`/v1/legs/${leg.legId}/assignments`, {
      unit: 'Smuggling unit',
      desk: deskOf('iq', 'investigation'),
    });
    expect(assigned.status).toBe(201);
    const seen = await investigator.get<LegView>(`/v1/legs/${leg.legId}`);
    expect(seen.body.actions.sort()).toEqual(['addNote', 'readContent']);
    const path = `/v1/legs/${leg.legId}/messages/${leg.messages[0]!.envelopeId}/content`;
    expect((await investigator.get(path)).status).toBe(200);
    expect((await colleague.get(path)).status).toBe(404);
    expect((await investigator.post(`/v1/legs/${leg.legId}/acknowledge`)).status).toBe(403);
  });

  it('is not told abroad as read when another desk than the addressed one looks', async () => {
    const leg = await newLeg();
    const supervisor = world.accessPoints.iq.officer('NCC_SUPERVISOR', deskOf('iq', 'liaison'), 'of liaison');
    const path = `/v1/legs/${leg.legId}/messages/${leg.messages[0]!.envelopeId}/content`;
    expect((await supervisor.get(path)).status).toBe(200);
    const [row] = await world.accessPoints.iq.query('select read_envelope_id from leg where leg_id = $1', [leg.legId]);
    expect(row).toEqual({ read_envelope_id: null });
    expect((await karim.get(path)).status).toBe(200);
    await eventually(async () => {
      expect((await karim.get<LegView>(`/v1/legs/${leg.legId}`)).body.state?.readAt).toBeDefined();
    });
  });

  it('needs a desk and a purpose', async () => {
    const leg = await newLeg();
    const path = `/v1/legs/${leg.legId}/messages/${leg.messages[0]!.envelopeId}/content`;
    for (const options of [{ desk: null }, { purpose: null }, { headers: { 'serai-purpose': 'CURIOSITY' } }]) {
      const { status, body } = await karim.get(path, options);
      expect([status, body.code]).toEqual([422, 'ERR_OFFICER_NO_PURPOSE']);
    }
    expect((await karim.get(path, { desk: deskOf('iq', 'liaison') })).status).toBe(403);
    const [row] = await world.accessPoints.iq.query('select read_envelope_id from leg where leg_id = $1', [leg.legId]);
    expect(row).toEqual({ read_envelope_id: null });
  });
});

describe('refusals on sensitive grounds', () => {
  const refusal = { ground: 'NATIONAL_SECURITY', reason: { language: 'en', text: 'Not to be told.' } };
  const supervisor = (name: string) => world.accessPoints.iq.officer('NCC_SUPERVISOR', deskOf('iq'), name);

  it('wait for another supervisor, and go out as confidential', async () => {
    const { legId } = await newLeg();
    const [zaynab, hasan] = [supervisor('zaynab'), supervisor('hasan')];
    expect((await karim.post(`/v1/legs/${legId}/refusals`, refusal)).status).toBe(403);
    const proposed = await zaynab.post<{ refusalId: string }>(`/v1/legs/${legId}/refusals`, refusal);
    expect(proposed.body).toEqual({ refusalId: expect.any(String) });
    const path = `/v1/legs/${legId}/refusals/${proposed.body.refusalId}/countersign`;
    const alone = await zaynab.post(path);
    expect([alone.status, alone.body.code]).toEqual([403, 'ERR_OFFICER_NEEDS_SECOND_PERSON']);
    expect((await karim.post(path)).status).toBe(403);
    expect((await hasan.get<LegView>(`/v1/legs/${legId}`)).body).toMatchObject({
      status: 'DELIVERED',
      pendingRefusal: { ground: 'NATIONAL_SECURITY', proposedBy: zaynab.pseudonym },
      actions: expect.arrayContaining(['countersignRefusal']),
    });
    const signed = await hasan.post<{ envelopeId: string }>(path);
    expect(signed.status).toBe(202);
    await eventually(() => expect(world.hub.taken.map(({ event }) => event.id)).toContain(signed.body.envelopeId));
    const sent = world.hub.taken.find(({ event }) => event.id === signed.body.envelopeId);
    expect(sent?.event.data.header).toMatchObject({ ground: 'CONFIDENTIAL', sender: { officer: hasan.pseudonym } });
    expect(JSON.stringify(world.hub.taken.map(({ event }) => event))).not.toContain('NATIONAL_SECURITY');
    const again = await hasan.post(path);
    expect([again.status, again.body.code]).toEqual([409, 'ERR_APPROVAL_NOT_WAITING']);
  });

  it('can be proposed anew, and the older proposal cannot be countersigned any more', async () => {
    const { legId } = await newLeg();
    const [zaynab, hasan] = [supervisor('zaynab'), supervisor('hasan')];
    const first = await zaynab.post<{ refusalId: string }>(`/v1/legs/${legId}/refusals`, refusal);
    const second = await hasan.post<{ refusalId: string }>(`/v1/legs/${legId}/refusals`, {
      ground: 'INTERNATIONAL_PROTECTION',
    });
    const older = await hasan.post(`/v1/legs/${legId}/refusals/${first.body.refusalId}/countersign`);
    expect([older.status, older.body.code]).toEqual([409, 'ERR_APPROVAL_NOT_WAITING']);
    const elsewhere = (await newLeg()).legId;
    expect((await zaynab.post(`/v1/legs/${elsewhere}/refusals/${second.body.refusalId}/countersign`)).status).toBe(404);
    expect((await zaynab.post(`/v1/legs/${legId}/refusals/${second.body.refusalId}/countersign`)).status).toBe(202);
  });

  it('come too late once the leg is answered', async () => {
    const { legId } = await newLeg();
    const [zaynab, hasan] = [supervisor('zaynab'), supervisor('hasan')];
    const proposed = await zaynab.post<{ refusalId: string }>(`/v1/legs/${legId}/refusals`, refusal);
    expect((await karim.post(`/v1/legs/${legId}/decline`)).status).toBe(202);
    const late = await hasan.post(`/v1/legs/${legId}/refusals/${proposed.body.refusalId}/countersign`);
    expect([late.status, late.body.code]).toEqual([409, 'ERR_LEG_MOVE_NOT_ALLOWED']);
    expect((await hasan.get<LegView>(`/v1/legs/${legId}`)).body).not.toHaveProperty('pendingRefusal');
  });

  it('are not asked for on other grounds, whose ground travels unless it is kept', async () => {
    const [open, kept] = [await newLeg(), await newLeg()];
    const said = await karim.post<{ envelopeId: string }>(`/v1/legs/${open.legId}/refusals`, {
      ground: 'NOT_AVAILABLE',
    });
    const hidden = await karim.post<{ envelopeId: string }>(`/v1/legs/${kept.legId}/refusals`, {
      ground: 'ONGOING_INVESTIGATION',
      discloseGround: false,
    });
    const groundOf = (envelopeId: string) =>
      world.hub.taken.find(({ event }) => event.id === envelopeId)?.event.data.header['ground'];
    await eventually(() => {
      expect(groundOf(said.body.envelopeId)).toBe('NOT_AVAILABLE');
      expect(groundOf(hidden.body.envelopeId)).toBe('CONFIDENTIAL');
    });
  });
});
