import type { LogView } from '#libs/contracts';
import { failOnLeaks } from '#libs/testing';
import { CommunityDirectory } from '../../../apps/access-point/src/directory/community-directory.js';
import { LogMonitor } from '../../../apps/access-point/src/monitor/log-monitor.js';
import type { AccessPoint, OfficerClient } from './support/access-point.js';
import { EpochDouble, nameLogs, publishLogs } from './support/epoch-double.js';
import { LOG_ORIGIN } from './support/log-keys.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

const NEXT = 'hub.example/audit/2027';
const LATER = 'hub.example/audit/2028';

let world: World<'rs'>;
let rs: AccessPoint;
let supervisor: OfficerClient;
/** The log that the access point has followed, of ten leaves. */
let first: EpochDouble;
let next: EpochDouble;
let later: EpochDouble;

beforeEach(async () => {
  world = await buildWorld(['rs']);
  rs = world.accessPoints.rs;
  supervisor = rs.officer('NCC_SUPERVISOR');
  first = new EpochDouble(world, LOG_ORIGIN, world.community.log.signer).grow(10);
  next = new EpochDouble(world, NEXT);
  later = new EpochDouble(world, LATER);
  await nameLogs(world, [first, next, later]);
  await rs.instance.get(CommunityDirectory).refresh();
  await publishLogs(world, [first]);
  await look();
  expect(await head(LOG_ORIGIN)).toMatchObject({ size: 10 });
});
afterEach(() => world?.end());
failOnLeaks();

const look = () => rs.instance.get(LogMonitor).look();
const view = async (): Promise<LogView> => (await supervisor.get<LogView>('/v1/log')).body;
const head = async (origin: string) =>
  (await view()).logs.find((log) => log.origin === origin && log.checkpoint !== undefined);
const openAlarms = async () => (await view()).alarms.filter(({ acknowledged }) => acknowledged === undefined);
const findings = async () => (await openAlarms()).map(({ kind, origin, finding }) => [kind, origin, finding]);
const takeNote = async () => {
  for (const { alarmId } of await openAlarms())
    await supervisor.post(`/v1/log/alarms/${alarmId}/acknowledge`, { reason: 'Looked into by the test.' });
};

describe('a log that goes on where another one ended', () => {
  it('is followed from there, and the end of the other one is known', async () => {
    await first.grow(3).close(NEXT);
    (await next.open(first)).grow(4);
    await publishLogs(world, [first, next]);
    await look();
    expect(await head(NEXT)).toMatchObject({ size: 5 });
    expect(await head(LOG_ORIGIN)).toMatchObject({ size: 14, continuedBy: NEXT });
    next.grow(300);
    await publishLogs(world, [first, next]);
    await look();
    expect(await head(NEXT)).toMatchObject({ size: 305 });
    expect(await findings()).toEqual([]);
  });

  it('is followed over one that was never seen', async () => {
    await first.grow(3).close(NEXT);
    await (await next.open(first)).grow(4).close(LATER);
    await later.open(next);
    await publishLogs(world, [first, next, later]);
    await look();
    expect(await head(LATER)).toMatchObject({ size: 1 });
    expect(await head(LOG_ORIGIN)).toMatchObject({ size: 14, continuedBy: NEXT });
    expect(await findings()).toEqual([]);
  });

  it('decides nothing while the hub does not tell, or its tiles are away', async () => {
    await first.close(NEXT);
    await next.open(first);
    await publishLogs(world, [first, next]);
    world.hub.earlierLogs.set(LOG_ORIGIN, { checkpoint: undefined, tile: () => undefined });
    await expect(look()).rejects.toMatchObject({ code: 'ERR_LOG_TILE' });
    world.hub.epochs = 'nonsense' as never;
    await expect(look()).rejects.toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' });
    expect(await head(NEXT)).toBeUndefined();
    expect(await findings()).toEqual([]);
    await publishLogs(world, [first, next]);
    await look();
    expect(await head(NEXT)).toMatchObject({ size: 1 });
  });
});

describe('a hub that begins another log', () => {
  /** Whatever is wrong: the log is distrusted, and not followed before an officer has taken note of it. */
  async function expectBroken(finding: RegExp): Promise<void> {
    await look();
    await look();
    expect(await findings()).toEqual([['SUCCESSION', expect.any(String), expect.stringMatching(finding)]]);
    expect(await head(NEXT)).toBeUndefined();
    expect((await view()).state).toBe('DISTRUST');
    await takeNote();
    await look();
    expect(await head(NEXT)).toMatchObject({ size: next.log.size });
    expect((await view()).state).toBe('INTACT');
  }

  it('to leave out the end of the one before: cut behind what was seen', async () => {
    const cut = new EpochDouble(world, LOG_ORIGIN, first.signer).grow(6);
    await cut.close(NEXT);
    await next.open(cut);
    await publishLogs(world, [cut, next]);
    await expectBroken(/not where it was seen: It has 7 leaves, and had 10/);
  });

  it('to rewrite the one before', async () => {
    const other = new EpochDouble(world, LOG_ORIGIN, first.signer);
    other.log.grow('zzzzzzzzzzzz');
    await other.close(NEXT);
    await next.open(other);
    await publishLogs(world, [other, next]);
    await expectBroken(/not where it was seen: .*not of one history/);
  });

  it('without saying so in the last leaf of the one before', async () => {
    await next.open(first);
    await publishLogs(world, [first, next]);
    await expectBroken(/left without its last leaf/);
  });

  it.each([
    ['that another one was to follow', LATER, {}],
    ['that another one ended', NEXT, { header: { origin: 'hub.example/audit/2025' } }],
    ['signed by another service', NEXT, { source: 'urn:serai:service:gateway' }],
  ])('with a last leaf before it that says %s', async (_, goesOn, saying) => {
    await first.close(goesOn, saying);
    await next.open(first);
    await publishLogs(world, [first, next]);
    await expectBroken(/left without its last leaf/);
  });

  it('with a closing that is a leaf, but not the last one', async () => {
    await first.close(NEXT);
    first.grow(2);
    await next.open(first);
    await publishLogs(world, [first, next]);
    await expectBroken(/left without its last leaf/);
  });

  it('with a closing that is in no log', async () => {
    const other = await new EpochDouble(world, LOG_ORIGIN, first.signer).grow(10).close(NEXT);
    first.grow(1);
    await next.open(first);
    first.closed = other.closed;
    await publishLogs(world, [first, next]);
    await expectBroken(/left without its last leaf/);
  });

  it('that names none before it', async () => {
    await first.close(NEXT);
    next.grow(5);
    await publishLogs(world, [first, next]);
    await expectBroken(/names no log before it/);
  });

  it.each([
    ['names another beginning', { header: { origin: LATER } }],
    ['another service signed', { source: 'urn:serai:service:gateway' }],
  ])('with a first leaf that %s', async (_, saying) => {
    await first.close(NEXT);
    await next.open(first, first.log.size, saying);
    await publishLogs(world, [first, next]);
    await expectBroken(/names no log before it/);
  });

  it('with an opening that is not its first leaf, or in no log', async () => {
    await first.close(NEXT);
    await next.grow(1).open(first);
    next.opened = { ...next.opened!, leaf: { ...next.opened!.leaf, index: 0 } };
    await publishLogs(world, [first, next]);
    await expectBroken(/names no log before it/);
  });

  it('with an opening beside a leaf that stands for another one', async () => {
    await first.close(NEXT);
    await next.open(first);
    const other = await new EpochDouble(world, NEXT, next.signer).open(first);
    next.opened = { ...next.opened!, envelope: other.opened!.envelope };
    await publishLogs(world, [first, next]);
    await expectBroken(/names no log before it/);
  });

  it('behind an end that no witness has seen', async () => {
    await first.close(NEXT);
    const checkpoint = Buffer.from((await first.checkpoint()).toString().split('\n').slice(0, 5).join('\n')).toString();
    await next.open(first, first.log.size, {
      header: { previous: { origin: LOG_ORIGIN, checkpoint: `${checkpoint}\n` } },
    });
    await publishLogs(world, [first, next]);
    await expectBroken(/does not verify/);
  });

  it('behind the end of another one than it says', async () => {
    await first.close(NEXT);
    await later.open(first);
    const checkpoint = (await later.checkpoint()).toString();
    await next.open(first, first.log.size, { header: { previous: { origin: LOG_ORIGIN, checkpoint } } });
    await publishLogs(world, [first, next]);
    await expectBroken(/does not verify/);
  });

  it('in a circle', async () => {
    await later.grow(2).close(NEXT);
    await next.open(later);
    const size = next.log.size;
    await next.close(LATER);
    const round = await new EpochDouble(world, LATER, later.signer).open(next);
    await round.close(NEXT);
    await publishLogs(world, [round, next]);
    expect(size).toBe(1);
    await look();
    expect(await findings()).toEqual([['SUCCESSION', NEXT, expect.any(String)]]);
  });

  it('and lets the one before grow on', async () => {
    await first.close(NEXT);
    await next.open(first);
    await publishLogs(world, [first, next]);
    await look();
    await publishLogs(world, [next, first]);
    await look();
    expect(await findings()).toEqual([]);
    first.grow(1);
    await publishLogs(world, [next, first]);
    await look();
    expect(await findings()).toEqual([['ROLLBACK', LOG_ORIGIN, expect.stringContaining('had ended')]]);
    expect(await head(LOG_ORIGIN)).toMatchObject({ size: 11, continuedBy: NEXT });
  });
});
