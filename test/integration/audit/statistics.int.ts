import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 } from 'uuid';
import {
  type BasisPage,
  type DirectoryChange,
  directorySnapshotPublished,
  envelopeAccepted,
  type LegState,
  type SignedDirectoryChange,
  serviceUrnOf,
} from '#libs/contracts';
import { frameEvent } from '#libs/envelope';
import { basisSizeOf, type StatisticsFacts, serialiseBasisLeaf, type Verdict, verifyStatistics } from '#libs/evidence';
import { schemaDrift } from '#libs/persistence';
import { eventually, failOnLeaks, submittedLeg } from '#libs/testing';
import { Directory } from '#libs/trust';
import { HubCommunity } from '../hub-community.js';
import { LogWorld, ORIGIN } from './log-world.js';
import { EpochWorld, NEXT } from './support/epoch-world.js';
import { WitnessedLog } from './support/witnessed-log.js';

jest.setTimeout(120_000);

const LEGS = 6;

let log: WitnessedLog;
let world: LogWorld;
let app: NestFastifyApplication;
let changes: readonly SignedDirectoryChange[];
/** Before anything was exchanged, and after all of it. */
let from: string;
let to: string;

beforeAll(async () => {
  const services = ['directory', 'audit', 'requests', 'operations'];
  const community = await HubCommunity.found(['rs', 'iq', 'office'], services);
  const office = await Promise.all(placesOf(community.member('office').urn).map((change) => community.change(change)));
  changes = [...community.genesis, ...office];
  world = await LogWorld.begin(community, office);
  log = await WitnessedLog.begin(world);
  app = await world.start();
  from = new Date().toISOString();
  for (let leg = 0; leg < LEGS; leg += 1) await exchange(legOf());
  await world.submit(3);
  to = new Date().toISOString();
});
afterAll(() => log.end());
failOnLeaks();

/** The Secretariat. */
function placesOf(participant: string): DirectoryChange[] {
  const base = () => ({ id: v7(), realm: 'production', effectiveFrom: new Date(Date.now() - 60_000).toISOString() });
  const agency = { id: 'urn:serai:agency:office:office', participant, name: 'Office (synthetic)' };
  const desk = { id: 'urn:serai:desk:office:office', agency: agency.id, participant, kind: 'SECRETARIAT' };
  return [
    { ...base(), kind: 'agency-registered', agency },
    { ...base(), kind: 'desk-opened', desk: { ...desk, name: 'Office', timeZone: 'Europe/Vienna', languages: ['en'] } },
  ] as DirectoryChange[];
}

function legOf(): LegState {
  const [rs, iq] = [world.community.member('rs'), world.community.member('iq')];
  return submittedLeg(rs.urn, iq.urn, new Date().toISOString());
}

/** As the service requests says it, each event with its cause, and the first one twice: as after a crash of its relay. */
async function exchange(leg: LegState): Promise<void> {
  const { community, producer } = world;
  const now = new Date().toISOString();
  const answered = { ...leg, version: 2, status: 'ANSWERED', deliveredAt: now, endedAt: now };
  for (const state of [leg, answered]) {
    const cause = await community.submission('rs', 'iq');
    const { id, type, source } = cause.event;
    const audience = [state.requester.participant, state.addressee.participant];
    const header = { audience, envelope: { id, type, source, sha256: cause.sha256 }, acceptedAt: now, leg: state };
    const draft = { source: serviceUrnOf('requests'), type: envelopeAccepted.type, subject: leg.legId, header };
    const event = await community.sign(community.chained({ ...draft, cause: cause.sha256 }), keystoreOf('requests'));
    const value = frameEvent(event.jws, cause.jws);
    const record = { topic: 'requests.events', key: leg.legId, value };
    for (const sent of state === leg ? [record, record] : [record]) await producer.send(sent);
  }
}

const keystoreOf = (service: string) => world.community.services[service]!;

async function call(method: 'GET' | 'POST', url: string, body?: object, as = 'office') {
  const authorization = await world.community.authorization(as, 'audit');
  return app.inject({
    method,
    url: `/v1/statistics${url}`,
    headers: { authorization },
    ...(body && { payload: body }),
  });
}

/** What the hub says of the period and shows of its log, judged by a stranger. */
async function judged(statement: string, size = basisSizeOf(statement)): Promise<Verdict<StatisticsFacts>> {
  const leaves: BasisPage['leaves'] = [];
  for (let page = await read(0); page.length > 0; page = await read(leaves.length)) leaves.push(...page);
  const basis = leaves.slice(0, size).map((leaf) => Buffer.from(serialiseBasisLeaf(leaf)));
  const file = { statement, directory: { changes, statement: await directoryStatement() } };
  return verifyStatistics(Buffer.from(JSON.stringify(file)), basis, { roots: world.community.roots });
}

async function read(begin: number): Promise<BasisPage['leaves']> {
  const answer = await call('GET', `/basis?begin=${begin}`);
  return answer.statusCode === 404 ? [] : answer.json<BasisPage>().leaves;
}

async function directoryStatement(): Promise<string> {
  const { community } = world;
  let directory = Directory.empty(community.realm, community.roots);
  for (const change of changes) directory = await directory.apply(change);
  const { version, head } = directory;
  const draft = { source: serviceUrnOf('directory'), type: directorySnapshotPublished.type, subject: v7() };
  const event = community.chained({ ...draft, header: { audience: '*', version, head } });
  const { producerseq: _none, producerprev: _neither, ...answer } = event;
  return (await community.sign(answer, keystoreOf('directory'))).jws;
}

describe('statistics', () => {
  it('are counted from the log, and a stranger counts the same', async () => {
    const answer = await call('POST', '', { from, to });
    expect(answer.statusCode).toBe(200);
    const { statement } = answer.json();
    const { checks, facts } = await judged(statement);
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(facts).toMatchObject({ from, to, events: 2 * LEGS });
    const none = { BETWEEN_COUNTRIES: 0, COUNTRY_TO_ORGANISATION: 0, ORGANISATION_TO_COUNTRY: 0 };
    // The members of this community have no country.
    const all = { ...none, BETWEEN_ORGANISATIONS: LEGS, TOTAL: LEGS };
    expect(facts?.table.counts).toMatchObject({ SUBMITTED: { ROUTINE: all }, ANSWERED: { ROUTINE: all } });
    expect(facts?.table.medianMinutes).toMatchObject({ ROUTINE: 0, URGENT_DIRECT: null });
  });

  it('are the same bytes when asked for again, and are not counted again with what came afterwards', async () => {
    const { statement } = (await call('POST', '', { from, to })).json();
    await exchange(legOf());
    await world.expectWhole();
    expect((await call('POST', '', { from, to })).json().statement).toBe(statement);
    expect((await judged(statement)).facts?.events).toBe(2 * LEGS);
    const size = basisSizeOf(statement);
    await eventually(async () => expect((await read(size)).length).toBeGreaterThan(0));
    expect((await judged(statement, size + 1)).holds).toBe(false);
  });

  it.each([
    ['overlaps another one', () => ({ from: new Date(Date.parse(from) + 1).toISOString(), to })],
    ['lies within another one', () => ({ from: new Date(Date.parse(from) - 1).toISOString(), to })],
    ['is not over', () => ({ from: to, to: new Date(Date.now() + 60_000).toISOString() })],
    ['ends as it begins', () => ({ from: to, to })],
    ['ends before it begins', () => ({ from: to, to: from })],
  ])('are refused for a period that %s', async (_what, period) => {
    await call('POST', '', { from, to });
    expect((await call('POST', '', period())).json()).toMatchObject({ status: 409, code: 'ERR_STATISTICS_PERIOD' });
  });

  it('are issued for the period beside another one, with nothing in it', async () => {
    await call('POST', '', { from, to });
    const before = { from: new Date(Date.parse(from) - 3_600_000).toISOString(), to: from };
    expect((await call('POST', '', before)).statusCode).toBe(200);
  });

  it.each([{}, { from: '2026-07-01', to: '2026-10-01' }, { from: 1, to: 2 }])('refuse %j', async (body) => {
    expect((await call('POST', '', body)).json()).toMatchObject({ status: 422, code: 'ERR_REQUEST_INVALID' });
  });

  it('are for the Secretariat alone, and so is what they are counted from', async () => {
    for (const [method, url] of [
      ['POST', ''],
      ['GET', '/basis?begin=0'],
    ] as const) {
      const answer = await call(method, url, method === 'POST' ? { from, to } : undefined, 'rs');
      expect(answer.json()).toMatchObject({ status: 403, code: 'ERR_CALLER_NOT_ENTITLED' });
      const headers = { authorization: await world.community.operatorAuthorization('audit') };
      const byOperator = await app.inject({ method, url: `/v1/statistics${url}`, headers });
      expect(byOperator.json()).toMatchObject({ status: 401, code: 'ERR_CALLER_UNAUTHENTICATED' });
    }
  });

  it('have a basis as long as the published log', async () => {
    for (const begin of ['-1', 'x']) expect((await call('GET', `/basis?begin=${begin}`)).statusCode).toBe(422);
    expect((await call('GET', '/basis?begin=1000000')).json()).toMatchObject({ status: 404, code: 'ERR_LOG_RANGE' });
  });

  it('are kept as they were issued, in a schema as its entities say', async () => {
    await call('POST', '', { from, to });
    const { dataSource } = world.database;
    for (const statement of ["update audit.statistics set statement = ''", 'delete from audit.statistics'])
      await expect(dataSource.query(statement)).rejects.toThrow('only ever added');
    const again = dataSource.query(`insert into audit.statistics values ($1, $2, 'other')`, [new Date(0), to]);
    await expect(again).rejects.toThrow('statistics_apart');
    expect(await schemaDrift(dataSource)).toEqual([]);
  });
});

describe('statistics over two logs', () => {
  let epochs: EpochWorld;
  let firstSize: number;
  let statement: string;
  let until: string;

  beforeAll(async () => {
    await call('POST', '', { from, to });
    epochs = await EpochWorld.around(log, changes);
    await world.stop(app);
    world.log = { ...world.log, next: NEXT };
    const closing = await world.start();
    changes = [...changes, await epochs.nameNext()];
    firstSize = await epochs.ended();
    await world.stop(closing);
    await epochs.prepareNext();
    app = await world.start();
    for (let leg = 0; leg < LEGS; leg += 1) await exchange(legOf());
    until = new Date().toISOString();
    ({ statement } = (await call('POST', '', { from: to, to: until })).json());
  });
  afterAll(() => epochs.next.remove());

  const basis = async () => {
    const leaves: BasisPage['leaves'] = [];
    for (let page = await read(0); page.length > 0; page = await read(leaves.length)) leaves.push(...page);
    return leaves.slice(0, basisSizeOf(statement));
  };
  const verified = async (leaves: BasisPage['leaves'], of = statement) => {
    const file = { statement: of, directory: { changes, statement: await directoryStatement() } };
    const lines = leaves.map((leaf) => Buffer.from(serialiseBasisLeaf(leaf)));
    return verifyStatistics(Buffer.from(JSON.stringify(file)), lines, { roots: world.community.roots });
  };
  const failures = async (leaves: BasisPage['leaves']) =>
    (await verified(leaves)).checks.filter(({ holds }) => !holds).map(({ rule }) => rule);

  it('are counted from both, and a stranger counts the same', async () => {
    const { checks, facts } = await judged(statement);
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(facts).toMatchObject({ earlier: [{ origin: ORIGIN, size: firstSize }], log: { origin: NEXT } });
    expect(facts!.events).toBeGreaterThanOrEqual(4 * LEGS);
    expect(facts?.table.counts.ANSWERED.ROUTINE.TOTAL).toBeGreaterThanOrEqual(LEGS);
  });

  it('were issued once: those of the first log hold', async () => {
    const again = (await call('POST', '', { from, to })).json();
    expect((await judged(again.statement)).holds).toBe(true);
    const { dataSource } = world.database;
    expect(await dataSource.query('select statement from audit.statistics where ends_at = $1', [to])).toContainEqual(
      again,
    );
    const overlapping = { from: new Date(Date.parse(to) - 1).toISOString(), to };
    expect((await call('POST', '', overlapping)).json()).toMatchObject({ status: 409, code: 'ERR_STATISTICS_PERIOD' });
  });

  it('are refused where a leaf of either is left out, moved or another', async () => {
    const leaves = await basis();
    expect(await failures(leaves)).toEqual([]);
    expect(await failures(leaves.toSpliced(firstSize - 1, 1))).toEqual(['basis-complete']);
    expect(await failures(leaves.toSpliced(firstSize, 1))).toEqual(['basis-complete']);
    expect(await failures(leaves.toSpliced(firstSize, 1, { ...leaves[1]!, index: 0 }))).toEqual(['basis-complete']);
    const salted = { ...leaves[3]!, salt: leaves[4]!.salt };
    expect(await failures(leaves.toSpliced(3, 1, salted))).toEqual(['root']);
  });
});
