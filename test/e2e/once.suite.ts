import { DEMO_REQUEST } from '#deploy/local';
import type { SeraiClient } from '#libs/client';
import { requestSubmitted } from '#libs/contracts';
import { eventually } from '#libs/testing';
import { everyRecord, handIn, measure, query, replay } from './support/hub.js';
import type { World } from './support/world.js';

const toIraq = { ...DEMO_REQUEST, recipients: DEMO_REQUEST.recipients.slice(0, 1) };

/** How far topics were read, when the log was signed, and that a number is missed for long: that moves with whatever comes and with time, and is no effect. */
const GROWS_ANYWAY = ['audit.consumed', 'audit.checkpoint', 'audit.finding'];

/** Everything that the hub's services have made of the records: their rows, without those that only count deliveries. */
async function effects(world: World): Promise<Record<string, number>> {
  const tables = await query<{ name: string }>(
    world,
    'hub',
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  );
  const counts = await Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await query<{ count: string }>(world, 'hub', `select count(*) from ${name}`);
      return [name, Number(row?.count)] as const;
    }),
  );
  // Whoever reads meanwhile spends tokens, which are forgotten after a time.
  const lasting = counts.filter(([name]) => !GROWS_ANYWAY.includes(name) && !name.endsWith('.spent_token'));
  return Object.fromEntries(lasting);
}

/** Once the relays have sent what is to go out, and forgotten it. */
const settledEffects = (world: World): Promise<Record<string, number>> =>
  eventually(async () => {
    const found = await effects(world);
    const unsent = Object.entries(found).filter(([name, count]) => name.endsWith('.outbox_record') && count > 0);
    expect(unsent).toEqual([]);
    return found;
  });

/** Whatever comes a second time - from an officer, an access point or the broker - has one effect. */
export function onceSuite(world: () => World): void {
  let rs: SeraiClient;
  let iq: SeraiClient;
  let legId: string;
  let submission: string;
  beforeAll(async () => {
    const cast = world().cast();
    rs = cast.officer('rs.liaison');
    iq = cast.officer('iq.duty');
    [legId = ''] = await world().deliver(rs, toIraq);
    const { messages } = await rs.leg(legId);
    submission = messages.find(({ type }) => type === requestSubmitted.type)?.envelopeId ?? '';
  });

  const incomingLegs = async (): Promise<string[]> => {
    const ids: string[] = [];
    for await (const leg of iq.legs({ direction: 'incoming', limit: 200 })) ids.push(leg.legId);
    return ids;
  };

  it('a request that is sent five times at once is one request', async () => {
    const before = (await incomingLegs()).length;
    const key = { idempotencyKey: `once-${legId}` };
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => rs.submitRequest(toIraq, key)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const [leg] = answers[0]?.legs ?? [];
    await rs.waitForLeg(leg?.legId ?? '', ({ state }) => state?.deliveredAt !== undefined);
    expect((await incomingLegs()).length).toBe(before + 1);
  });

  it('an act that is done three times at once is one act', async () => {
    const key = { idempotencyKey: `once-ack-${legId}` };
    const sent = await Promise.all([1, 2, 3].map(() => iq.acknowledge(legId, key)));
    expect(new Set(sent.map(({ envelopeId }) => envelopeId)).size).toBe(1);
    await iq.waitForEnvelope(sent[0]?.envelopeId ?? '', { until: 'ACCEPTED' });
  });

  it('an envelope that is handed in again is answered again and changes nothing', async () => {
    const { envelope } = await rs.proof(legId, submission);
    const before = await rs.leg(legId);
    expect((await handIn(world(), 'rs', envelope)).status).toBe(202);
    expect((await handIn(world(), 'rs', envelope)).status).toBe(202);
    // A later message of the same leg comes after whatever the repetitions did.
    const { envelopeId } = await iq.askClarification(legId, { language: 'en', text: 'Marker.' });
    await iq.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    const after = await rs.waitForLeg(legId, ({ state }) => state?.pendingClarification !== undefined);
    expect(after.state?.version).toBe((before.state?.version ?? 0) + 1);
    expect(after.messages.filter(({ type }) => type === requestSubmitted.type)).toHaveLength(1);
  });

  it('an envelope that somebody else hands in is refused', async () => {
    const { envelope } = await rs.proof(legId, submission);
    expect((await handIn(world(), 'iq', envelope)).status).toBe(403);
  });

  it('every record of every topic, delivered once more, changes nothing', async () => {
    const records = (await everyRecord(world())).filter(({ topic }) => !topic.endsWith('.parked'));
    const legsBefore = await Promise.all((await incomingLegs()).map((id) => iq.leg(id)));
    const before = await settledEffects(world());
    await replay(world(), records);
    const duplicatesOf = async (app: string, topic: string): Promise<number> =>
      measure(world(), app, `serai_consumer_records_total{topic="${topic}",outcome="duplicate"}`);
    const sent = (topic: string): number => records.filter((record) => record.topic === topic).length;
    await eventually(
      async () => {
        for (const [app, topic] of [
          ['requests', 'requests.submissions'],
          ['directory', 'directory.submissions'],
          ['notifications', 'requests.events'],
          ['notifications', 'directory.events'],
        ] as const) {
          expect([app, await duplicatesOf(app, topic)]).toEqual([app, expect.any(Number)]);
          expect(await duplicatesOf(app, topic)).toBeGreaterThanOrEqual(sent(topic));
        }
      },
      { timeoutMs: 30_000, everyMs: 200 },
    );
    expect(await settledEffects(world())).toEqual(before);
    const again = await Promise.all(legsBefore.map((leg) => iq.leg(leg.legId)));
    const lasting = (leg: (typeof again)[number]) => ({ ...leg, remainingMs: undefined });
    expect(again.map(lasting)).toEqual(legsBefore.map(lasting));
  });

  it('and the exchange goes on', async () => {
    const [fresh = ''] = await world().deliver(rs, toIraq);
    expect((await iq.leg(fresh)).status).toBe('DELIVERED');
  });
}
