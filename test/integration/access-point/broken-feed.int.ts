import type { FeedEntry } from '#libs/contracts';
import { feedHash } from '#libs/envelope';
import { eventually, failOnLeaks } from '#libs/testing';
import { urnOf } from './support/community.js';
import { ForeignSender } from './support/foreign-sender.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(30_000);

let world: World<'iq'>;
let serbia: ForeignSender;
const iq = urnOf('iq');

beforeEach(async () => {
  world = await buildWorld(['iq']);
  serbia = new ForeignSender(world.community, 'rs', 'iq');
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

async function receive(count: number): Promise<void> {
  for (let nth = 0; nth < count; nth += 1) await world.hub.services.decide(await serbia.request());
}

const legs = async (): Promise<number> => (await world.accessPoints.iq.query('select 1 from leg')).length;

function exchangeByte(text: string): string {
  const at = text.length - 20;
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
}

/** The third and the fourth entry, once both are there. */
function exchangePlaces(entries: readonly FeedEntry[]): FeedEntry[] {
  const [first, second, third, fourth, ...rest] = entries;
  if (!first || !second || !third || !fourth) return entries.slice(0, 2);
  return [first, second, { ...fourth, sequence: 3 }, { ...third, sequence: 4 }, ...rest];
}

/** An entry that says something else, with a hash that fits it. */
function rewritten(entries: readonly FeedEntry[], at: number): FeedEntry[] {
  const previous = entries[at - 1]!.hash;
  const event = exchangeByte(entries[at]!.event);
  return entries.map((entry, index) => (index === at ? { ...entry, event, hash: feedHash(previous, event) } : entry));
}

describe('a broken feed', () => {
  const lies: [string, (entries: FeedEntry[]) => FeedEntry[]][] = [
    ['a gap', (entries) => entries.filter(({ sequence }) => sequence !== 3)],
    ['a repeat', (entries) => entries.map((entry) => (entry.sequence === 3 ? { ...entries[1]!, sequence: 3 } : entry))],
    [
      'a changed byte',
      (entries) => entries.map((e) => (e.sequence === 3 ? { ...e, event: exchangeByte(e.event) } : e)),
    ],
    ['two entries that changed places', exchangePlaces],
    ['no entry at all', (entries) => entries.map((e) => (e.sequence === 3 ? ({ ...e, hash: 'x' } as FeedEntry) : e))],
  ];

  it.each(lies)('with %s stops the reader behind the last entry that fits, alarmed', async (_, lie) => {
    world.hub.decides = false;
    world.hub.feedFilter = lie;
    await receive(5);
    await eventually(async () => {
      const report = await readiness();
      expect(report.ready).toBe(false);
      const feed = report.checks.find(({ name }) => name === 'feed');
      expect(feed).toMatchObject({ state: 'not-ready', reason: expect.stringContaining('Reading has stopped') });
    });
    expect(await legs()).toBe(2);
    expect(await (await fetch(`${await address()}/metrics`)).text()).toContain('serai_access_point_feed_broken 1');
    // Nothing is read any more, not even an honest feed: a person has to look first.
    world.hub.feedFilter = (entries) => entries;
    const reads = world.hub.feedReads.length;
    await receive(1);
    expect(world.hub.feedReads.length).toBe(reads);
    expect(await legs()).toBe(2);
  });

  it('that was rewritten with fitting hashes is found where it meets what was read', async () => {
    world.hub.decides = false;
    await receive(3);
    await eventually(async () => expect(await legs()).toBe(3));
    world.hub.feedFilter = (entries) => {
      let forged = rewritten(entries, 1);
      for (let at = 2; at < forged.length; at += 1) {
        const hash = feedHash(forged[at - 1]!.hash, forged[at]!.event);
        forged = forged.map((entry, index) => (index === at ? { ...entry, hash } : entry));
      }
      return forged;
    };
    await receive(1);
    await eventually(async () => expect((await readiness()).ready).toBe(false));
    expect(await legs()).toBe(3);
  });

  it('that became shorter than what was read is found by the cursor', async () => {
    world.hub.decides = false;
    await receive(3);
    await eventually(async () => expect(await legs()).toBe(3));
    world.hub.services.feedOf(iq).splice(1);
    world.hub.hangUp();
    await eventually(async () => expect((await readiness()).ready).toBe(false));
  });

  it('is found again after a restart', async () => {
    world.hub.decides = false;
    world.hub.feedFilter = (entries) => entries.filter(({ sequence }) => sequence !== 3);
    await receive(4);
    await eventually(async () => expect((await readiness()).ready).toBe(false));
    const { iq: accessPoint } = world.accessPoints;
    await accessPoint.stop();
    await accessPoint.start();
    await eventually(async () =>
      expect((await readiness()).checks.find(({ name }) => name === 'feed')?.state).toBe('not-ready'),
    );
    expect(await legs()).toBe(2);
  });

  it('does not keep officers from working: what they send still goes out', async () => {
    world.hub.feedFilter = (entries) => entries.filter(({ sequence }) => sequence !== 1);
    await receive(2);
    await eventually(async () => expect((await readiness()).ready).toBe(false));
    const officer = world.accessPoints.iq.officer('NCC_DUTY_OFFICER');
    expect((await officer.get('/v1/legs')).status).toBe(200);
  });
});
