import type { FeedDisputeList, FeedEntry, FeedFinding } from '#libs/contracts';
import { FEEDS_SUBJECT, feedDisputeAnswered, feedDisputed } from '#libs/contracts';
import { FEED_GENESIS, feedHash, type SignedEnvelope } from '#libs/envelope';
import { KafkaRecordProducer } from '#libs/messaging';
import { eventually, failOnLeaks } from '#libs/testing';
import { expectUnbroken, FeedWorld } from './feed-world.js';

jest.setTimeout(60_000);

let world: FeedWorld;
beforeAll(async () => {
  world = await FeedWorld.begin();
}, 60_000);
afterAll(() => world?.end(), 30_000);
failOnLeaks();

interface Answer {
  readonly audience: string[];
  readonly envelope: { id: string; sha256: string };
  readonly finding: FeedFinding;
}

/** What a member's access point would report. */
async function signReport(id: string, after: { sequence: number; hash: string }): Promise<SignedEnvelope> {
  const { urn, keystore } = world.community.member(id);
  const header = { after, fault: 'GAP', metAt: new Date().toISOString() };
  const event = world.community.chained({ source: urn, type: feedDisputed.type, subject: FEEDS_SUBJECT, header });
  return world.community.sign(event, keystore);
}

async function send(...reports: SignedEnvelope[]): Promise<void> {
  const producer = new KafkaRecordProducer(world.community.connection());
  await producer.connect();
  for (const { jws } of reports) {
    await producer.send({ topic: 'notifications.submissions', key: FEEDS_SUBJECT, value: Buffer.from(jws) });
  }
  await producer.disconnect();
}

const headerOf = ({ event }: FeedEntry): { type: string; header: Answer } => {
  const { type, data } = JSON.parse(Buffer.from(event.split('.')[1]!, 'base64url').toString());
  return { type, header: data.header };
};

async function answersOn(id: string): Promise<Answer[]> {
  const events = (await world.wholeFeed(id)).map(headerOf);
  return events.filter(({ type }) => type === feedDisputeAnswered.type).map(({ header }) => header);
}

async function answerTo({ event }: SignedEnvelope, id = 'rs'): Promise<Answer> {
  return eventually(
    async () => {
      const answer = (await answersOn(id)).find(({ envelope }) => envelope.id === event.id);
      expect(answer).toBeDefined();
      return answer!;
    },
    { timeoutMs: 20_000 },
  );
}

async function disputes(): Promise<FeedDisputeList['disputes']> {
  const authorization = await world.community.operatorAuthorization('notifications');
  return (await world.second.inject({ url: '/v1/feed-disputes', headers: { authorization } })).json().disputes;
}

const positionOf = ({ sequence, hash }: FeedEntry) => ({ sequence, hash });

describe('a disputed feed', () => {
  it('that is whole here is answered so, and served again from the last good entry', async () => {
    const feed = await world.wholeFeed('rs');
    const good = feed.at(-3)!;
    const report = await signReport('rs', positionOf(good));
    await send(report, report);
    const answer = await answerTo(report);
    expect(answer).toMatchObject({
      audience: [world.community.member('rs').urn],
      envelope: { sha256: report.sha256 },
      after: positionOf(good),
      finding: 'INTACT',
    });
    const again = (await world.page('rs', `?after=${good.sequence}`)).entries;
    expect(again.slice(0, 2)).toEqual(feed.slice(-2));
    expectUnbroken(again, positionOf(good));
    expect(again.at(-1)!.cause).toBe(report.jws);
    // Nobody else hears of it, and what comes twice is one report.
    await eventually(async () => expect(await answersOn('rs')).toHaveLength(1));
    expect(await answersOn('iq')).toEqual([]);
    expect(await disputes()).toMatchObject([
      { envelopeId: report.event.id, participant: world.community.member('rs').urn, afterSequence: good.sequence },
    ]);
  });

  it('is found to be another one where the participant has what never stood here', async () => {
    const [first, second] = await world.wholeFeed('rs');
    const elsewhere = { sequence: 2, hash: feedHash(first!.hash, 'a.b.c') };
    const beyond = { sequence: 1_000_000, hash: second!.hash };
    for (const after of [elsewhere, beyond]) {
      const report = await signReport('rs', after);
      await send(report);
      expect(await answerTo(report)).toMatchObject({ finding: 'FORKED' });
    }
    // A participant speaks of its own feed only: the same position of another's is a fork.
    const foreign = (await world.wholeFeed('rs')).at(-1)!;
    const report = await signReport('tr', positionOf(foreign));
    await send(report);
    expect(await answerTo(report, 'tr')).toMatchObject({ finding: 'FORKED' });
  });

  it('is found to be damaged where its own next entry does not fit', async () => {
    const { dataSource } = world.database;
    const iq = world.community.member('iq').urn;
    const [, second, third] = await world.wholeFeed('iq');
    const [{ event_id: id, event }] = await dataSource.query(
      `select f.event_id, e.event from feed_entry f join feed_event e on e.id = f.event_id
        where participant = $1 and sequence = 3`,
      [iq],
    );
    await dataSource.query('update feed_event set event = $2 where id = $1', [id, event.replace(/^e/, 'f')]);
    const changed = await signReport('iq', positionOf(second!));
    await send(changed);
    expect(await answerTo(changed, 'iq')).toMatchObject({ finding: 'DAMAGED' });
    await dataSource.query('update feed_event set event = $2 where id = $1', [id, event]);
    const mended = await signReport('iq', positionOf(second!));
    await send(mended);
    expect(await answerTo(mended, 'iq')).toMatchObject({ finding: 'INTACT' });
    expect((await world.page('iq', '?after=2')).entries[0]).toEqual(third);
  });

  it('at its very beginning is one too', async () => {
    const report = await signReport('rs', { sequence: 0, hash: FEED_GENESIS });
    await send(report);
    expect(await answerTo(report)).toMatchObject({ finding: 'INTACT' });
  });

  it('shows in the metrics, and to operators alone', async () => {
    const text = (await world.first.inject('/metrics')).body;
    expect(text).toContain('serai_notifications_feed_disputes{finding="FORKED"} 3');
    expect(text).toContain('serai_notifications_feed_disputes{finding="DAMAGED"} 1');
    expect(text).not.toContain('urn:serai:participant');
    const found = (await disputes()).map(({ finding }) => finding);
    expect(found.toSorted()).toEqual(['DAMAGED', 'FORKED', 'FORKED', 'FORKED', 'INTACT', 'INTACT', 'INTACT']);
    const authorization = await world.community.authorization('rs', 'notifications');
    for (const headers of [{}, { authorization }]) {
      expect((await world.first.inject({ url: '/v1/feed-disputes', headers })).statusCode).toBe(401);
    }
  });
});
