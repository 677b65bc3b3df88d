import { runMigrations, schemaDrift } from '#libs/persistence';
import { failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { databaseSettings } from '../../../apps/access-point/src/database/database-settings.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase(databaseSettings('postgres://set-by-the-test'));
});
afterAll(() => database.drop());
failOnLeaks();

describe('schema of the access point', () => {
  it('has no drift between entities and migrations', async () => {
    expect(await schemaDrift(database.dataSource)).toEqual([]);
  });

  it('never lets a row of the access log be changed or removed', async () => {
    const { dataSource } = database;
    await dataSource.query(
      `insert into access_log (entry_id, at, action, subject, officer, operation)
       values (gen_random_uuid(), now(), 'DENIED', 's', 'o-12345678', 'getLeg')`,
    );
    for (const statement of [`update access_log set officer = 'x'`, 'delete from access_log', 'truncate access_log']) {
      await expect(dataSource.query(statement)).rejects.toThrow('neither changed nor removed');
    }
  });

  it('never lets an audit record be changed or removed', async () => {
    const { dataSource } = database;
    for (const statement of [
      'update audit_record set at = now()',
      'delete from audit_record',
      'truncate audit_record',
    ]) {
      await expect(dataSource.query(statement)).rejects.toThrow('neither changed nor removed');
    }
  });

  it('has an audit record of everything that was stored before there were any', async () => {
    const { dataSource } = database;
    const payload = Buffer.from(JSON.stringify({ time: '2026-01-02T03:04:05.678Z', type: 'said.ü.a~~~?' })).toString(
      'base64url',
    );
    await dataSource.query(
      `insert into leg (leg_id, request_id, direction, own_desk, kind, priority, requester_participant, requester_desk, addressee_participant,
                        addressee_desk, items, submission_id, created_at, version, overdue, assigned)
       values (gen_random_uuid(), gen_random_uuid(), 'outgoing', 'o', 'k', 'p', 'us', 'd', 'them', 'd', 1, gen_random_uuid(), now(), 0, false, false)`,
    );
    await dataSource.query(
      `insert into message (envelope_id, leg_id, direction, type, time, header, content)
       select gen_random_uuid(), leg_id, 'outgoing', 'sent', '2026-01-01T00:00:00Z',
              '{"sender": {"desk": "d", "officer": "o"}, "recipient": {"participant": "them"}, "purpose": "p", "ground": "g"}', 'NONE' from leg`,
    );
    await dataSource.query('insert into leg_event select gen_random_uuid(), leg_id, $1 from leg', [`e30.${payload}.s`]);
    const records = () => dataSource.query('select * from audit_record order by at, record_id');
    const written = await records();
    expect(written).toMatchObject([
      { action: 'SENT', type: 'sent', counterpart: 'them', desk: 'd', officer: 'o', purpose: 'p', ground: 'g' },
      { action: 'STATED', type: 'said.ü.a~~~?', counterpart: 'them', at: new Date('2026-01-02T03:04:05.678Z') },
      { action: 'DENIED', type: 'getLeg', officer: 'o-12345678', counterpart: null },
    ]);
    const left = async () => (await dataSource.query(`select to_regclass('audit_record') as left`))[0].left;
    while (await left()) await dataSource.undoLastMigration();
    await runMigrations(dataSource);
    expect(await records()).toEqual(written);
  });

  it('can be undone', async () => {
    for (const _ of database.dataSource.migrations) await database.dataSource.undoLastMigration();
    const left = await database.dataSource.query(
      `select table_name from information_schema.tables where table_schema = 'access_point' and table_name <> 'migrations'`,
    );
    expect(left).toEqual([]);
  });
});
