import type { DataSource, EntityManager } from 'typeorm';
import { v7 } from 'uuid';
import { inTransaction } from '#libs/persistence';
import { eventually, failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { databaseSettings } from '../../../apps/access-point/src/database/database-settings.js';
import { exchangeAnswers, keepDecisions } from '../../../apps/access-point/src/outgoing/outgoing.repository.js';
import { FeedScene } from './support/feed-scene.js';

// Two transactions that each wait for the other stand still until PostgreSQL finds out, for a second, and one of them begins anew.

jest.setTimeout(60_000);

const at = new Date().toISOString();

/** Runs `work` once what was begun waits for what `statement` has another transaction hold. */
async function whileHeld(
  dataSource: DataSource,
  statement: [sql: string, parameters: unknown[]],
  begin: () => Promise<unknown>,
  work: () => Promise<void>,
): Promise<void> {
  const holder = dataSource.createQueryRunner();
  await holder.startTransaction();
  await holder.query(...statement);
  const begun = begin();
  try {
    await eventually(async () => {
      const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
      expect(await dataSource.query(waiting)).toHaveLength(1);
    });
    await work();
  } finally {
    await holder.rollbackTransaction();
    await holder.release();
    await begun;
  }
}

describe('what changes several envelopes', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  const [first, second] = [v7(), v7()];

  beforeAll(async () => {
    database = await testDatabase(databaseSettings('postgres://set-by-the-test'));
    ({ dataSource } = database);
    // In the table the second one comes first.
    for (const [id, sequence] of [[second, 2] as const, [first, 1] as const]) {
      await dataSource.query(
        `insert into outgoing_envelope (producer_sequence, envelope_id, leg_id, type, sha256, jws, state, queued_at)
         values ($1, $2, $2, 'a-type', '', '', 'QUEUED', now())`,
        [sequence, id],
      );
    }
  });
  afterAll(() => database.drop());
  failOnLeaks();

  /** As the planner has it once there are many of them. */
  const inTableOrder = async (tx: EntityManager, change: (tx: EntityManager) => Promise<unknown>): Promise<void> => {
    await tx.query('set local enable_indexscan = off');
    await change(tx);
  };
  const decide = (tx: EntityManager) =>
    keepDecisions(
      tx,
      [second, first].map((envelopeId) => ({ envelopeId, state: 'ACCEPTED', eventJws: 'event', decidedAt: at })),
    );
  const answer = ({ queryRunner }: EntityManager) =>
    exchangeAnswers(
      queryRunner!,
      [second, first].map((envelopeId) => ({ envelopeId, jws: 'receipt', at })),
      { limit: 0, maxBytes: 0 },
    );

  it.each<[string, (tx: EntityManager) => Promise<unknown>]>([
    ['decisions of the hub', decide],
    ['answers of the gateway', answer],
  ])('%s: waits for the first of them before it holds the second', async (_, change) => {
    await whileHeld(
      dataSource,
      ['select 1 from outgoing_envelope where envelope_id = $1 for update', [first]],
      () => inTransaction(dataSource, (tx) => inTableOrder(tx, change)),
      async () => {
        const sql = 'select 1 from outgoing_envelope where envelope_id = $1 for update nowait';
        expect(await dataSource.query(sql, [second])).toHaveLength(1);
      },
    );
  });

  it('keeps what both say, whichever comes first', async () => {
    const rows = await dataSource.query('select state, event_jws, answer_jws from outgoing_envelope');
    const kept = { state: 'ACCEPTED', event_jws: 'event', answer_jws: 'receipt' };
    expect(rows).toEqual([kept, kept]);
  });
});

describe('entries of the feed', () => {
  it('hold the chain of envelopes behind their legs, as what officers do with a leg does', async () => {
    const scene = await FeedScene.set();
    try {
      const { accessPoints, hub } = scene.world;
      const { dataSource } = accessPoints.iq.database;
      const { legId } = await scene.receiveRequest();
      await eventually(() => expect(hub.services.legs.get(legId).status).toBe('DELIVERED'));
      await scene.followed();
      await accessPoints.iq.stop();
      await hub.services.decide(await scene.serbia.withdrawal(legId));
      await hub.services.decide(await scene.serbia.request());
      await whileHeld(
        dataSource,
        ['select 1 from leg where leg_id = $1 for update', [legId]],
        () => accessPoints.iq.start(),
        async () => {
          expect(await dataSource.query('select 1 from producer_position for update nowait')).toHaveLength(1);
        },
      );
      await scene.followed();
      expect((await scene.legOf(legId)).body.status).toBe('WITHDRAWN');
    } finally {
      await scene.world.end();
    }
  });
});
