import { type FeedEntry, feedDisputed, legDelivered, type Priority } from '#libs/contracts';
import type { SignedEnvelope } from '#libs/envelope';
import { eventually, failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { databaseSettings } from '../../../apps/access-point/src/database/database-settings.js';
import { AccessPointProcess, Premises } from './support/access-point-process.js';
import { Community, changeBase, urnOf } from './support/community.js';
import { ForeignSender } from './support/foreign-sender.js';
import { HubDouble, type Taken } from './support/hub-double.js';
import { IdentityDouble } from './support/identity-double.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(120_000);

const iq = urnOf('iq');
const PATIENCE = { timeoutMs: 60_000 };
const KNOWN = 20;

interface Scene {
  readonly community: Community;
  readonly hub: HubDouble;
  readonly serbia: ForeignSender;
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
}

const request = async ({ hub, serbia }: Scene, priority: Priority): Promise<SignedEnvelope> => {
  const envelope = await serbia.request({ priority });
  await hub.services.decide(envelope);
  return envelope;
};

const withdraw = async ({ hub, serbia }: Scene, legId: string): Promise<SignedEnvelope> => {
  const envelope = await serbia.withdrawal(legId);
  await hub.services.decide(envelope);
  return envelope;
};

/** What arrived during an outage, as ids of envelopes by what they are, each in the order of the feed. */
interface Missed {
  readonly withdrawn: string[];
  readonly urgent: string[];
  readonly rest: string[];
  readonly refused: string[];
}

/**
 * Puts `count` entries on the feed, the pressing ones last or in between: routine and urgent requests, withdrawals of legs that are known and of some that
 * are new, refusals of own statements, and a change of the directory.
 */
async function miss(scene: Scene, count: number, known: readonly Taken[]): Promise<Missed> {
  const { hub, community } = scene;
  const before = hub.services.feedOf(iq).length;
  const left = () => count - (hub.services.feedOf(iq).length - before);
  const missed: Missed = { withdrawn: [], urgent: [], rest: [], refused: [] };
  const doomed: SignedEnvelope[] = [];
  for (let nth = 0; left() > KNOWN + 3; nth += 1) {
    const priority = nth % 4 === 1 ? 'URGENT_INDIRECT' : 'ROUTINE';
    const envelope = await request(scene, priority);
    if (nth === 5 || nth === 40) doomed.push(envelope);
    else missed[priority === 'ROUTINE' ? 'rest' : 'urgent'].push(envelope.event.id);
  }
  // A request that was withdrawn comes with its withdrawal.
  missed.withdrawn.push(...doomed.map(({ event }) => event.id));
  const { kid } = community.keystore(urnOf('tr')).signer();
  const change = await community.change({ ...changeBase(), kind: 'key-status-changed', kid, status: 'COMPROMISED' });
  await hub.services.publishChange([iq], change);
  for (const taken of known.slice(0, KNOWN / 2)) {
    await hub.services.refuse(taken, 'ERR_LEG_MOVE_NOT_ALLOWED');
    missed.refused.push(taken.event.id);
  }
  for (const { event } of known.slice(KNOWN / 2)) {
    missed.withdrawn.push((await withdraw(scene, event.subject)).event.id);
  }
  for (const { event } of doomed) missed.withdrawn.push((await withdraw(scene, event.subject)).event.id);
  while (left() > 0) missed.rest.push((await request(scene, 'ROUTINE')).event.id);
  return missed;
}

/** Envelopes of others in the order in which they took effect. */
const applied = async (scene: Scene): Promise<string[]> => {
  const rows = await scene.query<{ envelope_id: string }>(
    `select envelope_id from message where direction = 'incoming' order by position`,
  );
  return rows.map(({ envelope_id }) => envelope_id);
};

/** What officers see live, in its order: legs, and own envelopes that were refused. */
async function seen(scene: Scene): Promise<{ legId: string; refused: string | undefined }[]> {
  const rows = await scene.query<{ leg_id: string; kind: string; detail: { envelopeId?: string; state?: string } }>(
    'select leg_id, kind, detail from live_event order by position',
  );
  return rows
    .filter(({ kind, detail }) => kind === 'leg.changed' || detail.state === 'REFUSED')
    .map(({ leg_id, kind, detail }) => ({
      legId: leg_id,
      refused: kind === 'envelope.changed' ? detail.envelopeId : undefined,
    }));
}

async function whole(scene: Scene): Promise<void> {
  const end = scene.hub.services.feedOf(iq).at(-1)!;
  await eventually(async () => {
    const [cursor] = await scene.query('select sequence, head from feed_cursor');
    expect(cursor).toEqual({ sequence: String(end.sequence), head: end.hash });
    expect(await scene.query('select sequence from feed_backlog')).toEqual([]);
  }, PATIENCE);
  expect(await scene.query('select code from quarantined_entry')).toEqual([]);
}

describe('an access point that was away while 500 messages arrived', () => {
  let scene: Scene;
  let idp: IdentityDouble;
  let database: TestDatabase;
  let premises: Premises;
  let missed: Missed;
  const started: AccessPointProcess[] = [];

  beforeAll(async () => {
    const community = await Community.found();
    const hub = await new HubDouble(community).start();
    idp = await new IdentityDouble().start();
    database = await testDatabase(databaseSettings('postgres://set-by-the-test'));
    premises = await Premises.furnish('iq', { community, hub, idp }, database);
    const serbia = new ForeignSender(community, 'rs', 'iq');
    scene = { community, hub, serbia, query: (sql, parameters) => database.dataSource.query(sql, parameters) };
  });
  afterAll(async () => {
    for (const process of started) await process.kill();
    await scene.hub.stop();
    await idp.stop();
    await database.drop();
    await premises.clear();
  });
  failOnLeaks();

  const start = (): AccessPointProcess => {
    const process = new AccessPointProcess('main', premises.environment);
    started.push(process);
    return process;
  };
  const deliveries = (): Taken[] => scene.hub.taken.filter(({ event }) => event.type === legDelivered.type);

  it('is killed in the middle of catching up, with what presses done', async () => {
    const { hub } = scene;
    hub.decides = false;
    await start().ready();
    for (let nth = 0; nth < KNOWN; nth += 1) await request(scene, 'ROUTINE');
    await eventually(() => expect(deliveries()).toHaveLength(KNOWN), PATIENCE);
    await started.at(-1)!.kill();
    await scene.query('delete from live_event');
    missed = await miss(scene, 500, deliveries());
    hub.pageSize = 180;

    // Somebody else holds the place of a routine request in the middle: there it stops.
    const held = database.dataSource.createQueryRunner();
    await held.startTransaction();
    const obstacle = missed.rest[Math.floor(missed.rest.length / 2)]!;
    await held.query(
      `insert into received_envelope (envelope_id, source, sha256, jws, event_jws, decided_at) values ($1, '', '', '', '', now())`,
      [obstacle],
    );
    try {
      start();
      await eventually(async () => {
        const waiting = await database.dataSource.query(
          `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        );
        expect(waiting).not.toEqual([]);
      }, PATIENCE);
      const done = (await applied(scene)).slice(KNOWN);
      const pressing = [...missed.withdrawn, ...missed.urgent];
      expect(done.length).toBeGreaterThanOrEqual(pressing.length);
      expect(done).not.toContain(missed.rest.at(-1));
      expect(new Set(done.slice(0, pressing.length))).toEqual(new Set(pressing));
      await started.at(-1)!.kill();
    } finally {
      await held.rollbackTransaction();
      await held.release();
    }
  });

  it('has all of them in the end, each once: what was withdrawn first, then what is urgent, then the rest', async () => {
    await start().ready();
    await whole(scene);
    const done = (await applied(scene)).slice(KNOWN);
    const [withdrawn, urgent, rest] = [missed.withdrawn.length, missed.urgent.length, missed.rest.length];
    expect(new Set(done.slice(0, withdrawn))).toEqual(new Set(missed.withdrawn));
    expect(done.slice(withdrawn, withdrawn + urgent)).toEqual(missed.urgent);
    expect(done.slice(withdrawn + urgent)).toEqual(missed.rest);
    expect(done).toHaveLength(withdrawn + urgent + rest);
  });

  it('showed refusals of what it had sent before what is urgent, and every leg in its own order', async () => {
    const shown = await seen(scene);
    const places = shown.flatMap(({ refused }, place) => (refused === undefined ? [] : [place]));
    expect(places.map((place) => shown[place]!.refused)).toEqual(missed.refused);
    const rows = await scene.query<{ envelope_id: string; leg_id: string }>('select envelope_id, leg_id from message');
    const legOf = new Map(rows.map(({ envelope_id, leg_id }) => [envelope_id, leg_id]));
    const placeOf = (id: string) => shown.findIndex(({ legId, refused }) => !refused && legId === legOf.get(id));
    expect(Math.max(...missed.withdrawn.map(placeOf))).toBeLessThan(Math.min(...places));
    expect(Math.max(...places)).toBeLessThan(Math.min(...missed.urgent.map(placeOf)));
    const states = await scene.query<{ status: string; count: number }>(
      'select status, count(*)::int from leg group by status order by status',
    );
    expect(states).toEqual([
      { status: 'SUBMITTED', count: KNOWN / 2 + missed.urgent.length + missed.rest.length },
      { status: 'WITHDRAWN', count: KNOWN / 2 + 2 },
    ]);
  });

  it('stated each delivery once', async () => {
    const legs = (await scene.query<{ leg_id: string }>('select leg_id from leg')).map(({ leg_id }) => leg_id);
    await eventually(() => expect(deliveries()).toHaveLength(legs.length), PATIENCE);
    expect(new Set(deliveries().map(({ event }) => event.subject))).toEqual(new Set(legs));
  });
});

/** Has an accepted request wait in the backlog, as if it had been received. */
async function wait({ hub, accessPoints }: World<'iq'>, request: SignedEnvelope, sequence: number): Promise<void> {
  const { services } = hub;
  const header = { audience: [urnOf('rs'), iq] };
  const event = await services.accepted(request, services.legs.move(request.event)!, { header });
  await accessPoints.iq.query(
    `insert into feed_backlog (sequence, hash, event_jws, cause_jws, turn, subject) values ($1, '', $2, $3, 3, $4)`,
    [sequence, event.jws, request.jws, request.event.subject],
  );
}

describe('a backlog', () => {
  failOnLeaks();

  it('is applied up to a break, and from there on when the feed is whole again', async () => {
    const world = await buildWorld(['iq']);
    const { iq: accessPoint } = world.accessPoints;
    const scene: Scene = {
      ...world,
      serbia: new ForeignSender(world.community, 'rs', 'iq'),
      query: (sql, parameters) => accessPoint.query(sql, parameters),
    };
    try {
      world.hub.decides = false;
      await accessPoint.stop();
      const missed = await miss(scene, 250, []);
      const broken = (entries: FeedEntry[]) => entries.filter(({ sequence }) => sequence !== 201);
      world.hub.feedFilter = broken;
      // Two instances share the work.
      await accessPoint.start();
      await accessPoint.start();
      await eventually(async () => expect(await applied(scene)).toHaveLength(200), PATIENCE);
      await eventually(
        () => expect(world.hub.taken.filter(({ event }) => event.type === feedDisputed.type)).toHaveLength(1),
        PATIENCE,
      );
      world.hub.feedFilter = (entries) => entries;
      await whole(scene);
      const done = await applied(scene);
      expect(done).toHaveLength(249);
      expect(new Set(done)).toEqual(new Set([...missed.withdrawn, ...missed.urgent, ...missed.rest]));
    } finally {
      await world.end();
    }
  });

  it('comes before what is new on the feed', async () => {
    const world = await buildWorld(['iq']);
    const { iq: accessPoint } = world.accessPoints;
    const serbia = new ForeignSender(world.community, 'rs', 'iq');
    try {
      // From here on the feed comes as a stream; what waits is looked at when the stream begins anew.
      await eventually(() => expect(world.hub.feedReads.at(-1)).toBe('stream'), PATIENCE);
      const waiting = await serbia.request();
      await wait(world, waiting, 1_000_000);
      const fresh = await serbia.request();
      await world.hub.services.decide(fresh);
      await eventually(async () => {
        const rows = await accessPoint.query<{ envelope_id: string }>(
          `select envelope_id from message where direction = 'incoming' order by position`,
        );
        expect(rows.map(({ envelope_id }) => envelope_id)).toEqual([waiting.event.id, fresh.event.id]);
      }, PATIENCE);
    } finally {
      await world.end();
    }
  });

  it('is taken once by two instances that reach for the same entries', async () => {
    const world = await buildWorld(['iq']);
    const { iq: accessPoint } = world.accessPoints;
    const serbia = new ForeignSender(world.community, 'rs', 'iq');
    const held = accessPoint.database.dataSource.createQueryRunner();
    try {
      await accessPoint.stop();
      const requests = [await serbia.request(), await serbia.request(), await serbia.request()];
      for (const [sequence, request] of requests.entries()) await wait(world, request, sequence + 1);
      // Both have read what waits when the first of them may take it.
      await held.startTransaction();
      await held.query('lock table feed_backlog in share mode');
      const instances = [await accessPoint.start(), await accessPoint.start()];
      await eventually(async () => {
        const sql = `select 1 from pg_locks where not granted and relation = 'feed_backlog'::regclass`;
        expect(await accessPoint.query(sql)).toHaveLength(instances.length);
      }, PATIENCE);
      await held.rollbackTransaction();
      await accessPoint.whenReady();
      await eventually(async () => expect(await accessPoint.query('select 1 from feed_backlog')).toEqual([]), PATIENCE);
      const metrics = await Promise.all(
        instances.map(async (instance) => (await fetch(`${await instance.getUrl()}/metrics`)).text()),
      );
      const counts = metrics.map((text) => Number(/feed_entries_total\{kind="received"\} (\d+)/.exec(text)?.[1] ?? 0));
      expect(counts.sort()).toEqual([0, requests.length]);
      expect(await accessPoint.query('select 1 from message')).toHaveLength(2 * requests.length);
    } finally {
      await held.release();
      await world.end();
    }
  });
});
