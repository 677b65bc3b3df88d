import { setTimeout as pause } from 'node:timers/promises';
import { eventually, failOnLeaks } from '#libs/testing';
import { asAdmin } from '../messaging/support/admin.js';
import { LogWorld } from './log-world.js';

jest.setTimeout(180_000);

describe('sequencing, while everything fails', () => {
  let world: LogWorld;

  beforeEach(async () => {
    world = await LogWorld.begin();
  });
  afterEach(() => world.end());
  failOnLeaks();

  const sql = (text: string) => world.database.dataSource.query(text);
  const leaders = async () => (await sql('select count(*)::integer as count from audit.fence'))[0].count;

  it('loses and doubles nothing when its connections are cut again and again', async () => {
    await world.start();
    for (let round = 0; round < 5; round += 1) {
      const submitted = world.submit(150);
      await pause(Math.random() * 100);
      await world.database.terminateConnections();
      await submitted;
    }
    await world.expectWhole();
    expect(await world.findings()).toEqual([]);
  });

  it('is taken over by the one that stands by, who goes on where the log ends', async () => {
    const first = await world.start();
    const second = await world.start();
    await world.submit(50);
    await world.expectWhole();
    expect(await leaders()).toBe(1);
    const submitted = world.submit(100);
    await first.close();
    await submitted;
    await world.expectWhole();
    expect(await leaders()).toBe(2);
    expect((await second.inject('/readyz')).json()).toMatchObject({ ready: true });
  });

  it('does nothing more once somebody else has taken over, though it has not noticed', async () => {
    await world.start();
    await world.submit(10);
    await world.expectWhole();
    const [{ number }] = await sql(
      'insert into audit.fence (number) select max(number) + 1 from audit.fence returning number',
    );
    await world.submit(10);
    // It is shut out, begins again with a fence of its own, and only then goes on.
    await world.expectWhole();
    const [batch] = await sql('select max(fence)::integer as fence from audit.log_batch');
    expect(batch.fence).toBeGreaterThan(Number(number));
    const [outlawed] = await sql(`select count(*)::integer as count from audit.log_batch where fence = ${number}`);
    expect(outlawed.count).toBe(0);
  });

  it('refuses to go on behind a leaf that was changed', async () => {
    const app = await world.start();
    await world.submit(5);
    await world.expectWhole();
    await sql('alter table audit.leaf disable trigger all');
    await sql(
      `update audit.leaf set entry = set_byte(entry, 1, get_byte(entry, 1) # 1) where index = (select max(index) from audit.leaf)`,
    );
    await sql('alter table audit.leaf enable trigger all');
    const size = await world.size();
    await sql('insert into audit.fence (number) select max(number) + 1 from audit.fence');
    await world.submit(5);
    await eventually(async () => expect((await app.inject('/readyz')).json()).toMatchObject({ ready: false }));
    expect(await world.size()).toBe(size);
  });

  it('goes on where it is told that it is', async () => {
    await world.submit(3);
    const records = await world.records();
    const { topic, partition } = records.find((record) => record.topic === 'requests.submissions')!;
    await sql(`insert into audit.consumed values ('${topic}', ${partition}, 0, 1, 1)`);
    await world.start();
    await eventually(async () => expect(await world.size()).toBe(records.length - 1));
    expect(await world.findings()).toEqual([]);
  });

  it('finds out that records are gone before they were sequenced, and goes on behind them', async () => {
    await world.submit(12);
    const records = await world.records();
    const { topic, partition, offset } = records.findLast((record) => record.topic === 'requests.submissions')!;
    const name = world.community.topicPrefix + topic;
    await asAdmin({ connection: world.community.connection() }, async (admin) => {
      // It deletes only from topics that it has asked about before.
      await admin.fetchTopicOffsets(name);
      await admin.deleteTopicRecords({ topic: name, partitions: [{ partition, offset: offset.toString() }] });
    });
    await world.start();
    await eventually(async () => expect(await world.size()).toBe(records.length - Number(offset)));
    expect(await world.findings()).toEqual(offset === 0n ? [] : [{ kind: 'OFFSET_GAP', topic }]);
  });

  it('finds out that a partition holds other records than it took', async () => {
    const app = await world.start();
    await world.submit(40);
    await world.expectWhole();
    await app.close();
    const size = await world.size();
    const topic = 'requests.submissions';
    await asAdmin({ connection: world.community.connection() }, (admin) =>
      admin.deleteTopics({ topics: [world.community.topicPrefix + topic] }),
    );
    await eventually(() => world.community.createTopics());
    await world.submit(8);
    await world.start();
    await eventually(async () => {
      const kinds = (await world.findings()).map((finding) => `${finding.kind} ${finding.topic}`);
      expect(new Set(kinds)).toEqual(new Set([`PARTITION_CHANGED ${topic}`]));
    });
    expect(await world.size()).toBe(size);
  });
});
