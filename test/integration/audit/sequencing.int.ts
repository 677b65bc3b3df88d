import { assertSchemaCurrent, schemaDrift } from '#libs/persistence';
import { eventually, failOnLeaks } from '#libs/testing';
import { LogWorld } from './log-world.js';

jest.setTimeout(120_000);

describe('sequencing', () => {
  let world: LogWorld;

  beforeAll(async () => {
    world = await LogWorld.begin();
    await world.submit(300);
    await world.start();
  });
  afterAll(() => world.end());
  failOnLeaks();

  const sql = (text: string) => world.database.dataSource.query(text);

  it('takes what was there before, each record once', async () => {
    await world.expectWhole();
    expect(await world.size()).toBeGreaterThan(300);
    expect(await world.findings()).toEqual([]);
  });

  it('takes what comes, from every topic', async () => {
    await world.submit(20);
    const { jws } = await world.community.submission('iq', 'rs');
    await world.producer.send({ topic: 'notifications.events', key: 'k', value: Buffer.from(jws) });
    await world.producer.send({
      topic: 'requests.submissions.requests.parked',
      key: 'k',
      value: Buffer.from('no envelope'),
    });
    await world.expectWhole();
  });

  it('takes the same envelope on the same topic once, other bytes under its id twice, and says so', async () => {
    const one = await world.community.submission('rs', 'iq');
    const other = await world.community.submission('rs', 'iq', { id: one.event.id });
    const before = await world.size();
    for (const { jws } of [one, one, other, one]) {
      await world.producer.send({ topic: 'requests.submissions', key: one.event.subject, value: Buffer.from(jws) });
    }
    await world.expectWhole();
    expect(await world.size()).toBe(before + 2);
    expect(await world.findings()).toEqual([{ kind: 'ID_REUSED', topic: 'requests.submissions' }]);
  });

  it('takes what is no envelope each time that it comes', async () => {
    const before = await world.size();
    for (let time = 0; time < 2; time += 1) {
      await world.producer.send({ topic: 'requests.events', key: 'k', value: Buffer.from('the same') });
    }
    await eventually(async () => expect(await world.size()).toBe(before + 2));
    await world.expectWhole();
  });

  it('has tables that entities describe', async () => {
    await assertSchemaCurrent(world.database.dataSource);
    expect(await schemaDrift(world.database.dataSource)).toEqual([]);
  });

  it.each(['leaf', 'fence', 'log_batch', 'consumed', 'finding'])('never changes a row of %s', async (table) => {
    await expect(sql(`delete from audit.${table}`)).rejects.toThrow('only ever added');
    await expect(sql(`truncate audit.${table}`)).rejects.toThrow('only ever added');
    const [column] = await sql(
      `select column_name from information_schema.columns where table_schema = 'audit' and table_name = '${table}' and is_identity = 'NO' limit 1`,
    );
    await expect(sql(`update audit.${table} set ${column.column_name} = ${column.column_name}`)).rejects.toThrow(
      'only ever added',
    );
  });
});
