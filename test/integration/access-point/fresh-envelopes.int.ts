import { v7 } from 'uuid';
import type { CloudEvent } from '#libs/contracts';
import type { SignedEnvelope } from '#libs/envelope';
import { inTransaction } from '#libs/persistence';
import { failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { databaseSettings } from '../../../apps/access-point/src/database/database-settings.js';
import { insertLegs } from '../../../apps/access-point/src/leg/leg.repository.js';
import { freshEnvelopesOf, type UnansweredEnvelope } from '../../../apps/access-point/src/outgoing/fresh-envelopes.js';
import { exchangeAnswers, insertOutgoing } from '../../../apps/access-point/src/outgoing/outgoing.repository.js';
import { urnOf } from './support/community.js';

jest.setTimeout(60_000);

let database: TestDatabase;
let sequence = 0n;

beforeAll(async () => {
  database = await testDatabase(databaseSettings('postgres://set-by-the-test'));
  const fresh = freshEnvelopesOf(database.dataSource);
  fresh.follow();
  fresh.take();
});
afterAll(() => database.drop());
failOnLeaks();

/** Stores envelopes as they are after signing, each about one of these legs; ids of those that the loop is handed. */
async function handedOf(
  legIds: readonly string[],
  header: Record<string, unknown> = {},
): Promise<string[] | undefined> {
  const fresh = freshEnvelopesOf(database.dataSource);
  await inTransaction(database.dataSource, (tx) =>
    insertOutgoing(
      tx,
      legIds.map((legId) => signed(legId, header)),
    ),
  );
  const taken = fresh.take();
  fresh.had(taken ?? (await unanswered()));
  return taken?.map(({ leg_id: legId }) => legId);
}

/** What a look at the table finds. */
async function unanswered(): Promise<UnansweredEnvelope[]> {
  const session = database.dataSource.createQueryRunner();
  try {
    return await exchangeAnswers(session, [], { limit: 100, maxBytes: 1_000_000 });
  } finally {
    await session.release();
  }
}

/** As it is after signing, as far as the table goes. */
function signed(legId: string, header: Record<string, unknown>): SignedEnvelope {
  sequence += 1n;
  const event: CloudEvent = {
    specversion: '1.0',
    id: v7(),
    source: urnOf('rs'),
    type: 'a-type',
    subject: legId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    realm: 'production',
    producerseq: String(sequence),
    data: { header },
  };
  return { event, sha256: 'a-hash', jws: `jws ${sequence}` };
}

async function newLeg(): Promise<string> {
  const legId = v7();
  const [requester, addressee] = [
    { participant: 'p', desk: 'd' },
    { participant: 'q', desk: 'e' },
  ];
  const words = { direction: 'outgoing', ownDesk: 'd', kind: 'a-kind', priority: 'ROUTINE' } as const;
  const leg = { legId, requestId: v7(), ...words, requester, addressee, items: 1, submissionId: v7() };
  await insertLegs(database.dataSource.manager, [leg]);
  return legId;
}

describe('what was signed a moment ago', () => {
  it('is handed to the loop, in order, where nothing of its leg waits', async () => {
    const legs = [await newLeg(), await newLeg()];
    expect(await handedOf(legs)).toEqual(legs);
  });

  it('is left to the look at the table where an envelope of its leg has no answer yet', async () => {
    const legId = await newLeg();
    expect(await handedOf([legId])).toEqual([legId]);
    expect(await handedOf([legId])).toBeUndefined();
    await database.dataSource.query("update outgoing_envelope set answer_jws = 'receipt' where leg_id = $1", [legId]);
    expect(await handedOf([legId])).toEqual([legId]);
  });

  it('is left to the look where it has attachments, or its leg has some that are on their way', async () => {
    const [own, earlier] = [await newLeg(), await newLeg()];
    expect(await handedOf([own], { attachments: [{ attachmentId: v7() }] })).toBeUndefined();
    await database.dataSource.query(
      `insert into attachment (envelope_id, attachment_id, leg_id, direction, blob_id, bytes, sha256, carried, state, attempts, next_attempt_at)
       values ($1, $1, $2, 'outgoing', $1, 1, '', 0, 'WAITING', 0, now())`,
      [v7(), earlier],
    );
    expect(await handedOf([earlier])).toBeUndefined();
    await database.dataSource.query("update attachment set state = 'READY' where leg_id = $1", [earlier]);
    freshEnvelopesOf(database.dataSource).had(await unanswered());
    await database.dataSource.query("update outgoing_envelope set answer_jws = '' where leg_id = $1", [earlier]);
    expect(await handedOf([earlier])).toEqual([earlier]);
  });
});
