import { generateKeyPairSync } from 'node:crypto';
import type { LogAlarm, LogView } from '#libs/contracts';
import { failOnLeaks } from '#libs/testing';
import { type Note, SIGNATURE_TYPE, serialiseNote, signerKey } from '#libs/transparency-log';
import { LogMonitor } from '../../../apps/access-point/src/monitor/log-monitor.js';
import type { AccessPoint, OfficerClient } from './support/access-point.js';
import { LogDouble } from './support/log-double.js';
import { LOG_ORIGIN } from './support/log-keys.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

const EVERYTHING_BUT_DATE = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const satisfies FakeableAPI[];
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';
const QUORUM = ['iq', 'tr', 'bg'] as const;

let world: World<'rs'>;
let rs: AccessPoint;
let supervisor: OfficerClient;
/** The history that the access point has followed from the start. */
let log: LogDouble;

beforeAll(async () => {
  world = await buildWorld(['rs']);
  rs = world.accessPoints.rs;
  supervisor = rs.officer('NCC_SUPERVISOR');
  log = newLog('abc');
});
afterAll(() => world?.end());
afterEach(async () => {
  await publish(log);
  await look();
  await acknowledgeAll();
  expect((await view()).state).toBe('INTACT');
});
failOnLeaks();

const newLog = (entries: string) => new LogDouble(world.community.log.signer, entries);
const look = () => rs.instance.get(LogMonitor).look();
const view = async (): Promise<LogView> => (await supervisor.get<LogView>('/v1/log')).body;
const openAlarms = async () => (await view()).alarms.filter(({ acknowledged }) => acknowledged === undefined);
const kinds = async () => (await openAlarms()).map(({ kind }) => kind);
const head = async () => (await view()).logs.find(({ origin }) => origin === LOG_ORIGIN);
const acknowledge = (alarmId: string, by = supervisor) =>
  by.post<LogAlarm>(`/v1/log/alarms/${alarmId}/acknowledge`, { reason: 'Looked into by the test.' });

async function acknowledgeAll(): Promise<void> {
  for (const { alarmId } of await openAlarms()) expect((await acknowledge(alarmId)).status).toBe(200);
}

async function cosigned(note: Note, witnesses: readonly string[] = QUORUM, at = new Date()): Promise<Buffer> {
  const lines = await Promise.all(witnesses.map((member) => world.community.log.cosign(member, note, at)));
  return serialiseNote({ text: note.text, signatures: [...note.signatures, ...lines] });
}

interface Publication {
  readonly size?: number;
  readonly witnesses?: readonly string[];
  readonly at?: Date;
  readonly tile?: (path: string) => Buffer | undefined;
}

async function publish(of: LogDouble, { size, witnesses, at, tile }: Publication = {}): Promise<Buffer> {
  const checkpoint = await cosigned(await of.checkpoint(size), witnesses, at);
  world.hub.log = { checkpoint, tile: tile ?? ((path) => of.tile(path)) };
  return checkpoint;
}

/** What the table has that officers are not shown. */
const evidenceOf = (kind: string): Promise<{ met: Buffer | null; known: Buffer | null }[]> =>
  rs.query('select met, known from log_alarm where kind = $1 order by raised_at desc limit 1', [kind]);

describe('a log that is as it should be', () => {
  it('is followed from checkpoint to checkpoint, over the edges of tiles', async () => {
    await publish(log);
    await look();
    expect(await head()).toMatchObject({ size: 3 });
    for (const count of [1, 4, 248, 1, 260, 700]) {
      log.grow(ALPHABET.repeat(30).slice(0, count));
      await publish(log);
      await look();
      expect(await head()).toMatchObject({ size: log.size, root: (await log.head()).root.toString('base64') });
    }
    expect(await kinds()).toEqual([]);
  });

  it('has news when its witnesses have seen it anew, and none when an old checkpoint is shown again', async () => {
    const early = new Date(Date.now() + 60_000);
    const checkpoint = await publish(log, { at: early });
    await look();
    const news = (await head())?.newsAt;
    expect(await head()).toMatchObject({ checkpoint: checkpoint.toString('base64') });
    await publish(log, { at: new Date() });
    await look();
    expect(await head()).toMatchObject({ newsAt: news, checkpoint: checkpoint.toString('base64') });
    await publish(log, { at: new Date(early.getTime() + 1_000) });
    await look();
    expect(new Date((await head())!.newsAt).getTime()).toBeGreaterThan(new Date(news!).getTime());
  });

  it('may be away, and its tiles too: nothing is concluded from that', async () => {
    const before = await head();
    log.grow('xyz');
    await publish(log, { tile: () => undefined });
    await expect(look()).rejects.toMatchObject({ code: 'ERR_LOG_TILE' });
    world.hub.log = { checkpoint: undefined, tile: () => undefined };
    await look();
    world.hub.log = { checkpoint: Buffer.alloc(70_000, 'x'), tile: () => undefined };
    await expect(look()).rejects.toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' });
    world.hub.log = undefined;
    await look();
    expect(await head()).toEqual(before);
    expect(await kinds()).toEqual([]);
  });
});

describe('a log that lies', () => {
  it('is distrusted when too few witnesses have seen its checkpoint, or none can be read', async () => {
    const before = await head();
    const stranger = signerKey(LOG_ORIGIN, SIGNATURE_TYPE.ED25519, generateKeyPairSync('ed25519').privateKey);
    const checkpoints = [
      await cosigned(await log.grow('q').checkpoint(), ['iq', 'tr']),
      await cosigned(await new LogDouble(stranger, 'abc').checkpoint()),
      Buffer.from('<html>Please log in</html>'),
    ];
    for (const checkpoint of checkpoints) {
      world.hub.log = { checkpoint, tile: (path) => log.tile(path) };
      await look();
      expect(await openAlarms()).toMatchObject([{ kind: 'UNVERIFIABLE', origin: LOG_ORIGIN }]);
      expect(await evidenceOf('UNVERIFIABLE')).toEqual([{ met: checkpoint, known: null }]);
      expect(await head()).toEqual(before);
      await acknowledgeAll();
    }
  });

  it('is distrusted when it has fewer leaves than before', async () => {
    const known = Buffer.from((await head())!.checkpoint!, 'base64');
    const met = await publish(log, { size: log.size - 2 });
    await look();
    await look();
    expect(await kinds()).toEqual(['ROLLBACK']);
    expect(await evidenceOf('ROLLBACK')).toEqual([{ met, known }]);
    expect(await head()).toMatchObject({ size: log.size });
  });

  it.each([
    ['at the same size', 0],
    ['behind it', 300],
  ])('is distrusted when it has another history %s, whoever has cosigned that', async (_, more) => {
    const { size } = log;
    const fork = newLog('X'.repeat(size + more));
    const met = await publish(fork, { witnesses: ['rs', 'iq', 'tr', 'bg'] });
    await look();
    expect(await kinds()).toContain('FORK');
    expect((await evidenceOf('FORK'))[0]).toMatchObject({ met });
    expect(await head()).toMatchObject({ size, root: (await log.head(size)).root.toString('base64') });
  });

  it('is told from one whose tiles are damaged', async () => {
    const before = await head();
    log.grow('r'.repeat(20));
    const damaged = (path: string) => {
      const bytes = log.tile(path);
      if (bytes && path.startsWith('tile/0')) bytes[1] = (bytes[1] ?? 0) ^ 1;
      return bytes;
    };
    await publish(log, { tile: damaged });
    await look();
    expect(await kinds()).toEqual(['UNVERIFIABLE']);
    expect(await head()).toEqual(before);
  });

  it('is distrusted when it has shown nothing new for a quarter of an hour', async () => {
    await publish(log);
    await look();
    const { newsAt } = (await head())!;
    for (const [minutes, alarms] of [
      [14, []],
      [16, ['STALE']],
    ] as const) {
      const now = new Date(newsAt).getTime() + minutes * 60_000;
      jest.useFakeTimers({ now, advanceTimers: true, doNotFake: [...EVERYTHING_BUT_DATE] });
      try {
        await look();
      } finally {
        jest.useRealTimers();
      }
      expect(await kinds()).toEqual(alarms);
    }
  });
});

describe('distrust', () => {
  it('outlives a restart and whatever the hub shows, until an officer who may has taken note', async () => {
    await publish(log, { size: log.size - 1 });
    await look();
    await rs.stop();
    await publish(log);
    await rs.start();
    await rs.whenReady();
    await look();
    const { state, alarms } = await view();
    expect(state).toBe('DISTRUST');
    const metrics = await (await fetch(`${await rs.url()}/metrics`)).text();
    expect(metrics).toContain('serai_access_point_log_alarms 1');
    const [alarm] = alarms;
    const auditor = rs.officer('AUDITOR');
    expect((await auditor.get('/v1/log')).status).toBe(200);
    for (const other of [auditor, rs.officer('NCC_DUTY_OFFICER'), rs.officer('HUB_OPERATOR')])
      expect((await acknowledge(alarm!.alarmId, other)).status).toBe(403);
    for (const other of [rs.officer('LIAISON_OFFICER'), rs.officer('HUB_OPERATOR')])
      expect((await other.get('/v1/log')).status).toBe(403);
    expect((await supervisor.post(`/v1/log/alarms/${alarm!.alarmId}/acknowledge`, { reason: 'short' })).status).toBe(
      422,
    );
    expect((await acknowledge('01933f6e-0000-7000-8000-00000000dead')).status).toBe(404);
    const answer = await acknowledge(alarm!.alarmId);
    expect(answer.body).toMatchObject({
      acknowledged: { by: supervisor.pseudonym, reason: 'Looked into by the test.' },
    });
    expect((await acknowledge(alarm!.alarmId, rs.officer('SECURITY_OFFICER'))).body).toEqual(answer.body);
    expect((await view()).state).toBe('INTACT');
  });

  it('comes back while what caused it lasts, and officers hear of both live', async () => {
    await publish(log, { size: log.size - 1 });
    await look();
    const [first] = await openAlarms();
    await acknowledge(first!.alarmId);
    await look();
    const [second] = await openAlarms();
    expect(second?.kind).toBe('ROLLBACK');
    expect(second?.alarmId).not.toBe(first?.alarmId);
    const events = await rs.query<{ detail: object }>(
      `select detail from live_event where kind = 'log.changed' order by position desc limit 3`,
    );
    expect(events.map(({ detail }) => detail).toReversed()).toEqual([
      { alarmId: first?.alarmId, kind: 'ROLLBACK', state: 'DISTRUST' },
      { alarmId: first?.alarmId, kind: 'ROLLBACK', state: 'INTACT' },
      { alarmId: second?.alarmId, kind: 'ROLLBACK', state: 'DISTRUST' },
    ]);
  });
});

describe('a witness whose database is an older one', () => {
  const post = async (body: Buffer) => {
    const answer = await fetch(`${await rs.url()}/witness/add-checkpoint`, { method: 'POST', body });
    return { status: answer.status, body: await answer.text() };
  };

  it('learns from its own cosignature what it has forgotten, before it cosigns anything', async () => {
    // As of a backup: this witness has cosigned the newest head, and its tables know of none.
    await publish(log, { witnesses: ['rs', 'iq', 'tr'], at: new Date(Date.now() + 3_600_000) });
    await rs.stop();
    await rs.start();
    await rs.whenReady();
    const fork = newLog('X'.repeat(log.size + 1));
    expect(await post(await fork.request(0))).toEqual({ status: 409, body: `${log.size}\n` });
    expect(await kinds()).toEqual(['WITNESS_BEHIND']);
    expect((await post(await fork.request(log.size))).status).toBe(422);
    log.grow('z');
    expect((await post(await log.request(log.size - 1))).status).toBe(200);
  });

  it('raises an alarm about a fork that it is shown', async () => {
    const { size } = log;
    expect((await post(await newLog('X'.repeat(size)).request(size))).status).toBe(409);
    expect(await openAlarms()).toMatchObject([{ kind: 'FORK', origin: LOG_ORIGIN }]);
  });
});
