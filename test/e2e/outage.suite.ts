import type pg from 'pg';
import { DEMO_REQUEST } from '#deploy/local';
import type { SeraiClient } from '#libs/client';
import { legDelivered } from '#libs/contracts';
import { FEED_GENESIS, feedHash } from '#libs/envelope';
import { eventually } from '#libs/testing';
import { query } from './support/hub.js';
import type { World } from './support/world.js';

const TR = 'urn:serai:participant:tr';
const MISSED = 500;
/** Withdrawn while Türkiye is away: legs that it has, and legs that it hears of afterwards. */
const WITHDRAWN = { known: 10, fresh: 10 };
/** Officers' calls under way at once. */
const AT_ONCE = 20;
const PATIENCE = { timeoutMs: 60_000 };

const { urgencyGround, ...calm } = DEMO_REQUEST;
const toTurkey = { ...calm, recipients: DEMO_REQUEST.recipients.filter(({ participant }) => participant === TR) };
const ROUTINE = { ...toTurkey, priority: 'ROUTINE' } as const;
const URGENT = { ...toTurkey, priority: 'URGENT_DIRECT', urgencyGround } as const;

/** Does `act` for each, a few at once; resolves to what came of them, in their order. */
async function forEach<T, R>(things: readonly T[], act: (thing: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = things.entries();
  const worker = async (): Promise<void> => {
    for (const [index, thing] of left) results[index] = await act(thing);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

/** A participant that was away for long has everything afterwards, what presses first. */
export function outageSuite(world: () => World): void {
  let rs: SeraiClient;
  const atTurkey = <Row extends object>(sql: string) => query<Row & pg.QueryResultRow>(world(), 'ap_tr', sql);

  /** Envelopes on Türkiye's feed at the hub, from the first to the last, and the hash of the feed's end. */
  async function feed(): Promise<{ envelopeIds: (string | undefined)[]; head: string }> {
    const rows = await query<{ event: string }>(
      world(),
      'hub',
      `select event from notifications.feed_entry e join notifications.feed_event v on v.id = e.event_id
        where participant = '${TR}' order by sequence`,
    );
    const events = rows.map(({ event }) => event);
    const headers = events.map(
      (jws) => JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()).data.header,
    );
    const head = events.reduce(feedHash, FEED_GENESIS);
    return { envelopeIds: headers.map(({ envelope }) => envelope?.id), head };
  }

  /** What has taken effect at Türkiye's access point, in the order in which it did. */
  const applied = () =>
    atTurkey<{ id: string; leg: string }>(
      `select envelope_id as id, leg_id as leg from access_point.message where direction = 'incoming' order by position`,
    );

  beforeAll(() => {
    rs = world().cast().officer('rs.liaison');
  });

  it(`has ${MISSED} messages it missed: what was withdrawn, then what is urgent, then the rest, each in the feed's order`, async () => {
    const ask = async (urgent: boolean) => (await rs.submitRequest(urgent ? URGENT : ROUTINE)).legs[0]!;
    const known = await forEach(Array.from({ length: WITHDRAWN.known }), async () => {
      const [legId = ''] = await world().deliver(rs, ROUTINE);
      return { legId };
    });
    await world().constellation.kill('access-point-tr');
    const [before, had] = [await feed(), await applied()];

    const asked = MISSED - WITHDRAWN.known - WITHDRAWN.fresh;
    const urgency = Array.from({ length: asked }, (_, nth) => nth % 4 === 3);
    const legs = await forEach(urgency, ask);
    const doomed = legs.filter((_, nth) => nth % 4 === 0).slice(0, WITHDRAWN.fresh);
    const isDoomed = new Set([...known, ...doomed].map(({ legId }) => legId));
    await forEach([...known, ...doomed], ({ legId }) => rs.withdraw(legId));
    const missed = await eventually(async () => {
      const { envelopeIds } = await feed();
      const since = envelopeIds.slice(before.envelopeIds.length).filter((id) => id !== undefined);
      expect(since).toHaveLength(MISSED);
      return since;
    }, PATIENCE);

    await world().constellation.restart('access-point-tr');
    const { head } = await feed();
    await eventually(async () => {
      expect(await atTurkey('select head from access_point.feed_cursor')).toEqual([{ head }]);
      expect(await atTurkey('select sequence from access_point.feed_backlog')).toEqual([]);
    }, PATIENCE);
    const since = (await applied()).slice(had.length);
    const urgent = new Set(legs.filter((_, nth) => urgency[nth]).map(({ legId }) => legId));
    const turnOf = ({ leg }: { leg: string }) => (isDoomed.has(leg) ? 0 : urgent.has(leg) ? 1 : 2);
    const ofFeed = new Map(missed.map((id, place) => [id, place]));
    const expected = since.toSorted(
      (one, other) => turnOf(one) - turnOf(other) || ofFeed.get(one.id)! - ofFeed.get(other.id)!,
    );
    expect(since.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    expect(new Set(since.map(({ id }) => id))).toEqual(new Set(missed));
    expect(since).toHaveLength(MISSED);
    expect(await atTurkey('select code from access_point.quarantined_entry')).toEqual([]);
  });

  it('says of each that it has been delivered, once, and the sender sees it', async () => {
    const sent = `select leg_id from access_point.outgoing_envelope where type = '${legDelivered.type}'`;
    const open = `select 1 from access_point.leg where addressee_participant = '${TR}' and status = 'SUBMITTED'`;
    await eventually(async () => expect(await query(world(), 'ap_rs', open)).toEqual([]), PATIENCE);
    const stated = (await atTurkey<{ leg_id: string }>(sent)).map(({ leg_id: leg }) => leg);
    expect(new Set(stated).size).toBe(stated.length);
  });
}
