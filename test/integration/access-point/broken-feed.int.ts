import { type FeedEntry, type FeedFault, feedDisputed, type HeaderOf } from '#libs/contracts';
import { feedHash, hashOf } from '#libs/envelope';
import { eventually, failOnLeaks } from '#libs/testing';
import { urnOf } from './support/community.js';
import { ForeignSender } from './support/foreign-sender.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

let world: World<'iq'>;
let serbia: ForeignSender;
const iq = urnOf('iq');
const PATIENCE = { timeoutMs: 20_000 };

beforeEach(async () => {
  world = await buildWorld(['iq']);
  serbia = new ForeignSender(world.community, 'rs', 'iq');
  world.hub.decides = false;
});
afterEach(() => world.end());
failOnLeaks();

interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly { name: string; state: string; reason?: string }[];
}

const address = () => world.accessPoints.iq.instance.getUrl();
const readiness = async (): Promise<Readiness> =>
  (await fetch(`${await address()}/readyz`)).json() as Promise<Readiness>;
const feedCheck = async () => (await readiness()).checks.find(({ name }) => name === 'feed');
const metrics = async (): Promise<string> => (await fetch(`${await address()}/metrics`)).text();

async function receive(count: number): Promise<void> {
  for (let nth = 0; nth < count; nth += 1) await world.hub.services.decide(await serbia.request());
}

/** Legs in the order in which they came. */
const legs = async (): Promise<string[]> => {
  const rows = await world.accessPoints.iq.query<{ leg_id: string }>(
    `select leg_id from message where direction = 'incoming' order by position`,
  );
  return rows.map(({ leg_id }) => leg_id);
};
const legsOnFeed = () =>
  world.hub.services
    .feedOf(iq)
    .map(({ event }) => JSON.parse(Buffer.from(event.split('.')[1]!, 'base64url').toString()).subject);

/** What the hub was told of the feed. */
const reports = (): HeaderOf<typeof feedDisputed>[] =>
  world.hub.taken
    .filter(({ event }) => event.type === feedDisputed.type)
    .map(({ event }) => event.data.header as HeaderOf<typeof feedDisputed>);

/** Resolves when the access point stands behind an entry and has told the hub why. */
async function broken(after: number, fault: FeedFault): Promise<void> {
  await eventually(async () => expect(reports()).toMatchObject([{ after: { sequence: after }, fault }]), PATIENCE);
  expect(await feedCheck()).toMatchObject({
    state: 'not-ready',
    reason: expect.stringContaining(`behind entry ${after} (${fault})`),
  });
  expect(await metrics()).toContain('serai_access_point_feed_broken 1');
}

/** Resolves when the access point has looked at the feed some more times. */
async function readAgain(times = 2): Promise<void> {
  const before = world.hub.feedReads.length;
  await eventually(() => expect(world.hub.feedReads.length).toBeGreaterThanOrEqual(before + times), PATIENCE);
}

async function whole(): Promise<void> {
  await eventually(async () => expect(await legs()).toEqual(legsOnFeed()), PATIENCE);
  expect(await feedCheck()).toMatchObject({ state: 'ready' });
  expect(await metrics()).toContain('serai_access_point_feed_broken 0');
  expect(await metrics()).toContain('serai_access_point_quarantined_entries 0');
}

function exchangeByte(text: string, fromEnd = 20): string {
  const at = text.length - fromEnd;
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
}

/** Changes the third entry. */
const third =
  (change: (entry: FeedEntry, entries: readonly FeedEntry[]) => FeedEntry) =>
  (entries: FeedEntry[]): FeedEntry[] =>
    entries.map((entry) => (entry.sequence === 3 ? change(entry, entries) : entry));

/** The third and the fourth entry, once both are there. */
function exchangePlaces(entries: readonly FeedEntry[]): FeedEntry[] {
  const [first, second, third, fourth, ...rest] = entries;
  if (!first || !second || !third || !fourth) return entries.slice(0, 2);
  return [first, second, { ...fourth, sequence: 3 }, { ...third, sequence: 4 }, ...rest];
}

/** Says something else in entry `at`, with hashes that fit from there to the end. */
function rewritten(entries: readonly FeedEntry[], at: number): FeedEntry[] {
  const forged = entries.map((entry) => ({ ...entry }));
  forged[at]!.event = exchangeByte(forged[at]!.event);
  for (let index = at; index < forged.length; index += 1) {
    forged[index]!.hash = feedHash(forged[index - 1]!.hash, forged[index]!.event);
  }
  return forged;
}

describe('a broken feed', () => {
  const lies: [string, FeedFault, (entries: FeedEntry[]) => FeedEntry[]][] = [
    ['a gap', 'GAP', (entries) => entries.filter(({ sequence }) => sequence !== 3)],
    ['a gap whose end was renumbered', 'CHANGED', (entries) => entries.flatMap(leaveOutThird)],
    ['a repeat', 'CHANGED', third((_, entries) => ({ ...entries[1]!, sequence: 3 }))],
    ['a changed byte of an event', 'CHANGED', third((e) => ({ ...e, event: exchangeByte(e.event) }))],
    ['a changed byte of the chain', 'CHANGED', third((e) => ({ ...e, hash: exchangeByte(e.hash) }))],
    [
      'a changed event whose hashes fit',
      'CHANGED',
      (entries) => (entries.length < 3 ? entries : rewritten(entries, 2)),
    ],
    ['a changed byte of an envelope', 'CHANGED', third((e) => ({ ...e, cause: exchangeByte(e.cause!) }))],
    ['a changed byte in an encrypted content', 'CHANGED', third((e) => ({ ...e, cause: exchangeByte(e.cause!, 500) }))],
    ['the envelope of another entry', 'CHANGED', third((e, all) => ({ ...e, cause: all[0]!.cause! }))],
    ['an envelope left out', 'CHANGED', third(({ sequence, hash, event }) => ({ sequence, hash, event }))],
    ['two entries that changed places', 'CHANGED', exchangePlaces],
    ['no entry at all', 'MALFORMED', third((e) => ({ ...e, hash: 'x' }))],
  ];

  it.each(lies)(
    'with %s is not followed, is reported once, and is read whole when it is served right',
    async (_, fault, lie) => {
      world.hub.feedFilter = lie;
      await receive(5);
      await broken(2, fault);
      await readAgain();
      expect(await legs()).toEqual(legsOnFeed().slice(0, 2));
      expect(reports()).toHaveLength(1);
      world.hub.feedFilter = (entries) => entries;
      await whole();
      expect(reports()).toHaveLength(1);
    },
  );

  it('that brings an entry twice is reported, and has one effect', async () => {
    world.hub.feedFilter = (entries) => entries.flatMap((entry) => (entry.sequence === 2 ? [entry, entry] : [entry]));
    await receive(4);
    await eventually(() => expect(reports()).toMatchObject([{ after: { sequence: 2 }, fault: 'REPEAT' }]), PATIENCE);
    await whole();
    expect(reports()).toHaveLength(1);
  });

  it('is reported with what was good and what came instead, and both are kept', async () => {
    world.hub.feedFilter = third((e) => ({ ...e, event: exchangeByte(e.event) }));
    await receive(3);
    await broken(2, 'CHANGED');
    const [, second, honest] = world.hub.services.feedOf(iq);
    const changed = exchangeByte(honest!.event);
    expect(reports()[0]).toMatchObject({
      after: { sequence: 2, hash: second!.hash },
      met: { sequence: 3, hash: honest!.hash, event: hashOf(changed) },
    });
    const kept = await world.accessPoints.iq.query('select met_event, met_cause, head from feed_dispute');
    expect(kept).toEqual([{ met_event: changed, met_cause: honest!.cause, head: second!.hash }]);
  });

  it('goes on with the answer of the hub, which ends the report', async () => {
    world.hub.feedFilter = (entries) => entries.filter(({ sequence }) => sequence !== 2);
    await receive(3);
    await broken(1, 'GAP');
    world.hub.feedFilter = (entries) => entries;
    await world.hub.services.answerDispute(world.hub.taken.find(({ event }) => event.type === feedDisputed.type)!);
    await eventually(async () => {
      const rows = await world.accessPoints.iq.query('select state from outgoing_envelope where type = $1', [
        feedDisputed.type,
      ]);
      expect(rows).toEqual([{ state: 'ACCEPTED' }]);
    }, PATIENCE);
    expect(await legs()).toHaveLength(3);
  });

  it('that was rewritten with fitting hashes is found where it meets what was read', async () => {
    await receive(3);
    await eventually(async () => expect(await legs()).toHaveLength(3));
    world.hub.feedFilter = (entries) => rewritten(entries, 1);
    await receive(1);
    await broken(3, 'CHANGED');
    world.hub.feedFilter = (entries) => entries;
    await whole();
  });

  it('that became shorter than what was read is found by the cursor', async () => {
    await receive(3);
    await eventually(async () => expect(await legs()).toHaveLength(3));
    const lost = world.hub.services.feedOf(iq).splice(1);
    world.hub.hangUp();
    await broken(3, 'SHORTENED');
    world.hub.services.feedOf(iq).push(...lost);
    await receive(1);
    await whole();
    expect(reports()).toHaveLength(1);
  });

  it('is reported again when it breaks at another place', async () => {
    world.hub.feedFilter = (entries) => entries.filter(({ sequence }) => sequence !== 2);
    await receive(4);
    await broken(1, 'GAP');
    world.hub.feedFilter = (entries) => entries.filter(({ sequence }) => sequence !== 4);
    await receive(1);
    await eventually(() => expect(reports().map(({ after }) => after.sequence)).toEqual([1, 3]), PATIENCE);
    world.hub.feedFilter = (entries) => entries;
    await whole();
  });

  it('is found again after a restart and by a second instance, and reported once', async () => {
    world.hub.feedFilter = (entries) => entries.filter(({ sequence }) => sequence !== 3);
    await receive(4);
    await broken(2, 'GAP');
    const { iq: accessPoint } = world.accessPoints;
    await accessPoint.stop();
    await accessPoint.start();
    await accessPoint.start();
    await readAgain(6);
    await broken(2, 'GAP');
    expect(await legs()).toHaveLength(2);
    world.hub.feedFilter = (entries) => entries;
    await whole();
    expect(reports()).toHaveLength(1);
  });

  it('does not keep officers from working: what they send still goes out', async () => {
    world.hub.feedFilter = (entries) => entries.filter(({ sequence }) => sequence !== 1);
    await receive(2);
    await broken(0, 'GAP');
    const officer = world.accessPoints.iq.officer('NCC_DUTY_OFFICER');
    expect((await officer.get('/v1/legs')).status).toBe(200);
  });
});

/** Without the third entry, the later ones under the numbers before theirs. */
function leaveOutThird(entry: FeedEntry): FeedEntry[] {
  if (entry.sequence < 3) return [entry];
  return entry.sequence === 3 ? [] : [{ ...entry, sequence: entry.sequence - 1 }];
}
