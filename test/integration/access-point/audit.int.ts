import {
  type AccessLogEntry,
  type AuditCriteria,
  type AuditRecord,
  type CloudEvent,
  deadlineOverrun,
  type ExportedRecords,
  type LegView,
  legRefused,
  MAX_EXPORTED_RECORDS,
  requestSubmitted,
  type SubmittedRequest,
} from '#libs/contracts';
import { hashOf } from '#libs/envelope';
import { type RecordsStatement, verifyRecords } from '#libs/evidence';
import { eventually, failOnLeaks } from '#libs/testing';
import { ProofCollector } from '../../../apps/access-point/src/receipt/proof-collector.js';
import type { AccessPoint, OfficerClient } from './support/access-point.js';
import { deskOf, urnOf } from './support/community.js';
import { ForeignSender } from './support/foreign-sender.js';
import { LogScene } from './support/log-scene.js';
import { requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

const REASON = 'Complaint 7 of this year, invented for a test.';

let world: World<'rs'>;
let rs: AccessPoint;
let liaison: OfficerClient;
let duty: OfficerClient;
let auditor: OfficerClient;
/** A leg that was sent, and one that came in, was read, ran out of time and was refused. */
let sent: { readonly legId: string; readonly envelopeId: string; readonly requestId: string };
let incoming: string;

type Found = { readonly entries: AuditRecord[]; readonly next?: string };

const search = (criteria: Readonly<Record<string, string>> = {}, by = auditor) =>
  by.get<Found>(`/v1/audit/records?${new URLSearchParams({ reason: REASON, limit: '200', ...criteria })}`);
const recordsOf = async (criteria: Readonly<Record<string, string>>) => (await search(criteria)).body.entries;
const legOf = async (legId: string) => (await duty.get<LegView>(`/v1/legs/${legId}`)).body;
const oneOf = (records: readonly AuditRecord[], type: string) => records.find((record) => record.type === type)!;

beforeAll(async () => {
  world = await buildWorld(['rs']);
  rs = world.accessPoints.rs;
  liaison = rs.officer('LIAISON_OFFICER', deskOf('rs', 'liaison'), 'milica');
  duty = rs.officer('NCC_DUTY_OFFICER', deskOf('rs'), 'dragan');
  auditor = rs.officer('AUDITOR', deskOf('rs'), 'jelena');
  await setScene();
});
afterAll(() => world?.end());
failOnLeaks();

async function setScene(): Promise<void> {
  const { body } = await liaison.post<SubmittedRequest>('/v1/requests', requestTo(['iq']));
  sent = { ...body.legs[0]!, requestId: body.requestId };
  await liaison.get(`/v1/legs/${sent.legId}/messages/${sent.envelopeId}/content`, { purpose: 'PROSECUTION' });
  await rs.officer('BORDER_OFFICER', deskOf('rs', 'border')).get(`/v1/legs/${sent.legId}`);
  const request = await new ForeignSender(world.community, 'tr', 'rs').request();
  await world.hub.services.decide(request);
  incoming = request.event.subject;
  await eventually(async () => expect((await legOf(incoming)).status).toBe('DELIVERED'));
  await duty.get(`/v1/legs/${incoming}/messages/${request.event.id}/content`);
  await duty.post(`/v1/legs/${incoming}/refusals`, { ground: 'NOT_AVAILABLE' });
  await eventually(async () => expect((await legOf(incoming)).status).toBe('REFUSED'));
  const { services } = world.hub;
  const state = services.legs.get(incoming);
  const overdue = { ...state, version: state.version + 1, overdue: true, outcome: 'NOT_STATED' as const };
  await services.tell(deadlineOverrun.type, [urnOf('rs'), urnOf('tr')], overdue);
  await eventually(async () => expect((await legOf(incoming)).state?.overdue).toBe(true));
  await eventually(async () => expect((await legOf(sent.legId)).submission).toBe('ACCEPTED'));
}

describe('what an auditor finds', () => {
  it('is what was received, stated, looked at and refused, with hashes, newest first, and no content', async () => {
    const found = await recordsOf({ reference: incoming });
    const told = found.filter(({ action }) => action !== 'DENIED').map(({ action, type }) => `${action} ${type}`);
    expect(told.toSorted()).toEqual([
      'CONSULTED readContent',
      `RECEIVED ${requestSubmitted.type}`,
      'SENT serai.requests.leg.delivered.v1',
      'SENT serai.requests.leg.read.v1',
      `SENT ${legRefused.type}`,
      `STATED ${deadlineOverrun.type}`,
    ]);
    const times = found.map(({ at }) => at);
    expect(times).toEqual(times.toSorted().reverse());
    const feed = world.hub.services.feedOf(urnOf('rs'));
    const [stated] = feed.map(({ event }) => event).filter((jws) => eventOf(jws).type === deadlineOverrun.type);
    expect(oneOf(found, deadlineOverrun.type)).toMatchObject({ sha256: hashOf(stated!), counterpart: urnOf('tr') });
    const refused = oneOf(found, legRefused.type);
    const taken = world.hub.taken.find(({ event }) => event.id === refused.envelopeId)!;
    expect(refused).toMatchObject({
      recordId: taken.event.id,
      sha256: hashOf(taken.jws),
      at: taken.event.time,
      officer: duty.pseudonym,
      desk: deskOf('rs'),
      ground: 'NOT_AVAILABLE',
      state: 'ACCEPTED',
      leg: { status: 'REFUSED', deadline: 'OVERDUE', outcome: 'NOT_STATED' },
    });
    expect(refused.log).toBeUndefined();
    for (const secret of ['subject', 'name', 'content"', 'header']) expect(Object.keys(refused)).not.toContain(secret);
    expect(JSON.stringify(found)).not.toContain(duty.subject);
  });

  it('names its place in the log as soon as that is proven', async () => {
    const scene = new LogScene(world, rs);
    const taken = world.hub.taken.find(({ event }) => event.id === sent.envelopeId)!;
    const decision = world.hub.services.feedOf(urnOf('rs')).map(({ event }) => ({ jws: event, event: eventOf(event) }));
    const index = scene.log.size;
    scene.sequence(taken);
    for (const logged of decision) scene.sequence(logged);
    await scene.publish();
    await rs.instance.get(ProofCollector).collect(new AbortController().signal);
    const [record] = await recordsOf({ reference: sent.envelopeId, action: 'SENT', type: requestSubmitted.type });
    expect(record).toMatchObject({ envelopeId: sent.envelopeId, log: { index } });
  });

  it('is found by each criterion, and by all of them together, and nothing else is', async () => {
    const all = await recordsOf({});
    const criteria: Readonly<Record<Exclude<keyof AuditCriteria, 'from' | 'until' | 'reference'>, string>> = {
      counterpart: urnOf('tr'),
      desk: deskOf('rs'),
      officer: duty.pseudonym,
      purpose: 'PROSECUTION',
      action: 'SENT',
      type: legRefused.type,
      ground: 'NOT_AVAILABLE',
      status: 'REFUSED',
      deadline: 'OVERDUE',
      outcome: 'NOT_STATED',
    };
    for (const [name, value] of Object.entries(criteria)) {
      const ids = (records: readonly AuditRecord[]) => records.map(({ recordId }) => recordId).filter(isOld);
      const isOld = (id: string) => all.some(({ recordId }) => recordId === id);
      const wanted = all.filter((record) => Object.values({ ...record, ...record.leg }).includes(value));
      expect(wanted.length).toBeGreaterThan(0);
      expect(wanted.length).toBeLessThan(all.length);
      expect([name, ids(await recordsOf({ [name]: value }))]).toEqual([name, ids(wanted)]);
    }
    const { purpose: _, ...joined } = criteria;
    expect((await recordsOf(joined)).map(({ type }) => type)).toEqual([legRefused.type]);
    expect(await recordsOf({ ...joined, action: 'RECEIVED' })).toEqual([]);
  });

  it('is found by a leg, its request and its message alike, and within a time', async () => {
    const wanted = (await recordsOf({ reference: sent.legId })).map(({ recordId }) => recordId);
    expect(wanted.length).toBeGreaterThan(2);
    for (const reference of [sent.requestId, sent.envelopeId]) {
      expect((await recordsOf({ reference })).map(({ recordId }) => recordId)).toEqual(wanted);
    }
    const { at } = (await recordsOf({ reference: incoming, type: legRefused.type }))[0]!;
    const times = async (bounds: Record<string, string>) => (await recordsOf(bounds)).map((record) => record.at);
    const [since, before] = [await times({ from: at }), await times({ until: at })];
    expect(since).toContain(at);
    expect(since.every((time) => time >= at)).toBe(true);
    expect(before.length).toBeGreaterThan(0);
    expect(before.every((time) => time < at)).toBe(true);
  });

  it('comes in pages that neither repeat nor leave out', async () => {
    const whole = await recordsOf({ reference: incoming });
    const paged: AuditRecord[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const { body }: { body: Found } = await search({
        reference: incoming,
        limit: '1',
        ...(cursor === '' ? {} : { cursor }),
      });
      paged.push(...body.entries);
      cursor = body.next;
    }
    expect(paged).toEqual(whole);
    const { status, body } = await search({ cursor: Buffer.from('{"at":"yesterday"}').toString('base64url') });
    expect([status, body.code]).toEqual([400, 'ERR_CURSOR_INVALID']);
  });

  it('is found behind any number of newer records', async () => {
    await rs.query(
      `insert into audit_record (at, record_id, action, type)
       select now() + interval '1 minute', gen_random_uuid(), 'CONSULTED', 'made.for.a.test' from generate_series(1, 20100)`,
    );
    expect((await recordsOf({ type: legRefused.type })).map(({ legId }) => legId)).toEqual([incoming]);
    const overdue = await recordsOf({ deadline: 'OVERDUE', ground: 'NOT_AVAILABLE', officer: duty.pseudonym });
    expect(overdue).toHaveLength(1);
  });
});

describe('a search', () => {
  const searches = async () =>
    (await auditor.get<{ entries: AccessLogEntry[] }>('/v1/access-log?limit=200')).body.entries.filter(
      ({ action }) => action === 'AUDIT_QUERIED',
    );

  it.each([
    { reason: '' },
    { reason: 'too short' },
    { reason: '             ' },
    { officer: 'Somebody' },
    { limit: '0' },
  ])('like %j is refused, and nothing is searched', async (wrong) => {
    const before = (await searches()).length;
    const { status, body } = await search({ reference: incoming, ...wrong } as never);
    expect([status, body.code, body.entries]).toEqual([422, 'ERR_REQUEST_INVALID', undefined]);
    expect(await searches()).toHaveLength(before);
  });

  it('is in the access log with its reason and criteria, and is a record itself', async () => {
    await search({ officer: liaison.pseudonym, action: 'CONSULTED' });
    const criteria = { officer: liaison.pseudonym, action: 'CONSULTED' };
    const [entry] = await searches();
    expect(entry).toMatchObject({ officer: auditor.pseudonym, operation: 'searchRecords', reason: REASON, criteria });
    const [record] = await recordsOf({ action: 'AUDIT_QUERIED', until: new Date().toISOString() });
    expect(record).toMatchObject({ officer: auditor.pseudonym, reason: REASON, criteria });
  });

  it('shows nothing where it cannot be logged', async () => {
    await rs.query(`alter table access_log add constraint no_more check (action <> 'AUDIT_QUERIED') not valid`);
    try {
      const { status, body } = await search({ reference: incoming });
      expect([status, body.entries]).toEqual([500, undefined]);
    } finally {
      await rs.query('alter table access_log drop constraint no_more');
    }
    expect((await search({ reference: incoming })).status).toBe(200);
  });

  it('by a liaison officer shows own acts only, whatever is asked for', async () => {
    const own = (await search({}, liaison)).body.entries;
    expect(own.length).toBeGreaterThan(1);
    expect(new Set(own.map(({ officer }) => officer))).toEqual(new Set([liaison.pseudonym]));
    expect((await search({ officer: duty.pseudonym }, liaison)).body.entries).toEqual([]);
    expect((await search({ reference: incoming }, liaison)).body.entries).toEqual([]);
  });
});

describe('an export', () => {
  const exported = (criteria: Readonly<Record<string, string>>, by = auditor) =>
    by.get<ExportedRecords>(`/v1/audit/export?${new URLSearchParams(criteria)}`);

  it('holds what a search finds, signed for its reason, and is logged before', async () => {
    const criteria = { type: legRefused.type };
    const { body } = await exported({ reason: REASON, ...criteria });
    const { facts } = await verifyRecords(Buffer.from(JSON.stringify(body)), { roots: world.community.roots });
    const by = auditor.pseudonym;
    expect(facts).toMatchObject({ participant: urnOf('rs'), by, reason: REASON, criteria, complete: true, count: 1 });
    const stated = JSON.parse(Buffer.from(body.statement.split('.')[1]!, 'base64url').toString()) as RecordsStatement;
    expect(stated.records).toEqual(await recordsOf(criteria));
    expect((await recordsOf({ action: 'EXPORTED' }))[0]).toMatchObject({
      type: 'exportRecords',
      reason: REASON,
      criteria,
    });
  });

  it('says when it does not hold everything', async () => {
    const { body } = await exported({ reason: REASON, type: 'made.for.a.test' });
    const { facts } = await verifyRecords(Buffer.from(JSON.stringify(body)), { roots: world.community.roots });
    expect(facts).toMatchObject({ complete: false, count: MAX_EXPORTED_RECORDS });
  });

  it('needs a reason, and a role that may', async () => {
    expect((await exported({})).status).toBe(422);
    expect((await exported({ reason: REASON }, duty)).status).toBe(403);
  });
});

describe('an export for a joint review', () => {
  const statementFor = async (review: string): Promise<RecordsStatement> => {
    const query = new URLSearchParams({
      reason: REASON,
      review,
      from: new Date(0).toISOString(),
      until: new Date().toISOString(),
    });
    const { body } = await auditor.get<ExportedRecords>(`/v1/audit/export?${query}`);
    return JSON.parse(Buffer.from(body.statement.split('.')[1]!, 'base64url').toString()) as RecordsStatement;
  };
  const resolve = (pseudonym: string, review: string, by = auditor) =>
    by.get<{ officer: string }>(`/v1/audit/officer?${new URLSearchParams({ pseudonym, review, reason: REASON })}`);
  const officersIn = ({ records }: RecordsStatement) => [
    ...new Set(records.flatMap(({ officer }) => (typeof officer === 'string' ? [officer] : []))),
  ];

  it('names own officers by pseudonyms of this review, tells nothing of reasons and searches, and nobody else', async () => {
    const [autumn, again, winter] = [
      await statementFor('autumn-2026'),
      await statementFor('autumn-2026'),
      await statementFor('winter-2026'),
    ];
    expect(autumn.review).toBe('autumn-2026');
    const named = officersIn(autumn);
    expect(named.length).toBeGreaterThan(1);
    expect(officersIn(again)).toEqual(expect.arrayContaining(named));
    expect(officersIn(winter).filter((officer) => named.includes(officer))).toEqual([]);
    const text = JSON.stringify(autumn);
    for (const { pseudonym } of [duty, liaison, auditor]) expect(text).not.toContain(pseudonym);
    for (const { officer, reason, criteria } of autumn.records.filter(
      ({ action }) => action === 'RECEIVED' || action === 'SENT',
    )) {
      expect([officer, reason, criteria]).toEqual([undefined, undefined, undefined]);
    }
    const searches = autumn.records.filter(({ action }) => action === 'AUDIT_QUERIED');
    expect(searches.length).toBeGreaterThan(0);
    for (const secret of ['reason', 'criteria'])
      for (const record of searches) expect(record).not.toHaveProperty(secret);
  });

  it('is of a time and the other side alone: anything else would name officers, or leave out what seems to be missing', async () => {
    const time = { from: new Date(0).toISOString(), until: new Date().toISOString() };
    const ask = (criteria: Readonly<Record<string, string>>) =>
      auditor.get(`/v1/audit/export?${new URLSearchParams({ reason: REASON, review: 'autumn-2026', ...criteria })}`);
    expect((await ask({ ...time, counterpart: urnOf('tr') })).status).toBe(200);
    const others: Readonly<Record<string, string>>[] = [
      { ...time, officer: duty.pseudonym },
      { ...time, action: 'SENT' },
      { from: time.from },
      {},
    ];
    for (const criteria of others) {
      const { status, body } = await ask(criteria);
      expect([status, body.code, body.errors?.[0]?.path]).toEqual([422, 'ERR_REQUEST_INVALID', 'review']);
    }
  });

  it('is resolved at home alone, by who may, and that is logged', async () => {
    const { records } = await statementFor('autumn-2026');
    const { officer } = records.find(
      ({ action, type, legId }) => action === 'CONSULTED' && type === 'readContent' && legId === incoming,
    ) as { officer: string };
    expect((await resolve(officer, 'autumn-2026')).body.officer).toBe(duty.pseudonym);
    expect((await recordsOf({ action: 'AUDIT_QUERIED', type: 'resolveOfficer' }))[0]).toMatchObject({ reason: REASON });
    expect((await resolve(officer, 'winter-2026')).status).toBe(404);
    expect((await resolve(duty.pseudonym, 'autumn-2026')).status).toBe(404);
    expect((await resolve(officer, 'autumn-2026', duty)).status).toBe(403);
  });
});

function eventOf(jws: string): CloudEvent {
  return JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString('utf8')) as CloudEvent;
}
