import { v7 as uuid7 } from 'uuid';
import { DIRECTORY_SUBJECT, type DirectoryChange, directoryChangeAccepted, serviceUrnOf } from '#libs/contracts';
import { listParked } from '#libs/messaging';
import { schemaDrift } from '#libs/persistence';
import { eventually, failOnLeaks } from '#libs/testing';
import { Directory } from '#libs/trust';
import { expectUnbroken, FeedWorld, holds } from './feed-world.js';

let world: FeedWorld;
beforeAll(async () => {
  world = await FeedWorld.begin();
}, 60_000);
afterAll(() => world?.end(), 30_000);
failOnLeaks();

describe('feeds', () => {
  it('give everybody the directory, each on an own unbroken chain', async () => {
    for (const id of ['rs', 'iq', 'tr']) {
      const entries = await world.wholeFeed(id);
      expectUnbroken(entries);
      expect(entries.length).toBeGreaterThanOrEqual(world.community.genesis.length);
    }
  });

  it('show a refusal to its sender alone, with the cause byte for byte', async () => {
    const refusal = await world.refuse('rs', 'iq');
    const entry = await eventually(async () => {
      const found = (await world.wholeFeed('rs')).find(({ event }) => event === refusal.jws);
      expect(found).toBeDefined();
      return found!;
    });
    expect(entry.cause?.split('.')).toHaveLength(3);
    for (const id of ['iq', 'tr']) expect(holds(await world.wholeFeed(id), refusal)).toBe(false);
  });

  it('show an event of a leg to both parties and to nobody else', async () => {
    const warning = await world.warn();
    await eventually(async () => expect(holds(await world.wholeFeed('iq'), warning)).toBe(true));
    expect(holds(await world.wholeFeed('rs', world.second), warning)).toBe(true);
    expect(holds(await world.wholeFeed('tr'), warning)).toBe(false);
    expectUnbroken(await world.wholeFeed('rs'));
  });

  it('hold an event once that the topic brings twice', async () => {
    const warning = await world.warn();
    await world.community.publishEvent('requests.events', warning);
    const later = await world.warn();
    await eventually(async () => expect(holds(await world.wholeFeed('iq'), later)).toBe(true));
    expect((await world.wholeFeed('iq')).filter(({ event }) => event === warning.jws)).toHaveLength(1);
  });

  it('begin at their first entry for who is admitted later', async () => {
    const change: DirectoryChange = {
      id: uuid7(),
      realm: 'production',
      effectiveFrom: new Date().toISOString(),
      kind: 'participant-admitted',
      participant: { id: 'urn:serai:participant:bg', type: 'MEMBER', name: 'Late (synthetic)', routeRoles: [] },
    };
    const signed = await world.community.change(change);
    let directory = Directory.empty('production', world.community.roots);
    for (const each of [...world.community.genesis, signed]) directory = await directory.apply(each);
    const header = { audience: '*', version: directory.version, head: directory.head, change: signed };
    const source = serviceUrnOf('directory');
    const event = world.community.chained({
      source,
      type: directoryChangeAccepted.type,
      subject: DIRECTORY_SUBJECT,
      header,
    });
    await world.community.publishEvent(
      'directory.events',
      await world.community.sign(event, world.community.services['directory']!),
    );
    await eventually(async () => {
      const rows = await world.database.dataSource.query(
        `select sequence from feed_entry where participant = 'urn:serai:participant:bg'`,
      );
      expect(rows).toEqual([{ sequence: '1' }]);
    });
  });
});

describe('what does not reach a feed', () => {
  async function expectParked(code: string): Promise<void> {
    await eventually(async () => {
      const parked = await listParked(world.database.dataSource, { consumer: 'notifications' });
      expect(parked.map((each) => each.code)).toContain(code);
    });
  }

  it('is an event that another service signed, one of another channel, and one whose cause is another', async () => {
    const before = await world.wholeFeed('rs');
    const draft = (await world.warn()).event;
    const byDirectory = await world.community.sign(
      { ...draft, id: uuid7(), subject: uuid7() },
      world.community.services['directory']!,
    );
    await world.community.publishEvent('requests.events', byDirectory);
    await expectParked('ERR_ENVELOPE_SOURCE');
    const submission = await world.community.submission('rs', 'iq');
    await world.community.publishEvent('requests.events', submission);
    await expectParked('ERR_ENVELOPE_CHANNEL');
    const uncaused = await world.community.sign(
      { ...draft, id: uuid7(), subject: uuid7() },
      world.community.services['requests']!,
    );
    await world.community.publishEvent('requests.events', uncaused, submission.jws);
    await expectParked('ERR_ENVELOPE_CAUSE');
    const marker = await world.warn();
    const entries = await eventually(async () => {
      const all = await world.wholeFeed('rs');
      expect(holds(all, marker)).toBe(true);
      return all;
    });
    for (const bad of [byDirectory, submission, uncaused]) expect(holds(entries, bad)).toBe(false);
    expectUnbroken(entries);
    expect(entries.length).toBe(before.length + 2);
  });
});

describe('the schema', () => {
  it('has entities and migrations that agree', async () => {
    expect(await schemaDrift(world.database.dataSource)).toEqual([]);
  });
});
