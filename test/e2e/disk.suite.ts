import { DEMO_REQUEST } from '#deploy/local';
import { type BodyOf, type SeraiClient, SeraiProblem } from '#libs/client';
import { eventually } from '#libs/testing';
import { handIn, measure, query } from './support/hub.js';
import type { World } from './support/world.js';

/** Fills any page that has room. */
const LONG = 'x'.repeat(4_000);
const MOST_NOTES = 500;
const MOST_REQUESTS = 400;
/** Officers send so many at once. */
const AT_ONCE = 10;
const FULL_AT_GATEWAY = 'serai_http_request_duration_seconds_count{method="POST",route="/v1/envelopes",status="503"}';

const to = (index: number): BodyOf<'submitRequest'> => ({
  ...DEMO_REQUEST,
  recipients: DEMO_REQUEST.recipients.slice(index, index + 1),
});

/** The disk of a database is full and free again: whom it concerns is told, nobody else notices, and nothing is lost. */
export function diskSuite(world: () => World): void {
  // A server with a disk that is still full could not even forget its databases.
  afterEach(async () => {
    for (const disk of world().disks.values()) await disk.free();
  });
  const running = () => world().constellation.running();
  const delivered = (by: SeraiClient, legId: string) =>
    by.waitForLeg(legId, ({ state }) => state?.deliveredAt !== undefined, { timeoutMs: 60_000 });
  const assertNothingIsSetAside = () =>
    eventually(async () => {
      const sql = 'select count(*)::int as count from access_point.quarantined_entry';
      expect(await query<{ count: number }>(world(), 'ap_iq', sql)).toEqual([{ count: 0 }]);
    });

  /** Writes until there is no room; resolves to how the access point says so. */
  async function refusalOfNotes(by: SeraiClient, legId: string): Promise<SeraiProblem> {
    for (let note = 0; note < MOST_NOTES; note += 1) {
      const outcome: unknown = await by.addNote(legId, LONG).catch((error: unknown) => error);
      if (outcome instanceof SeraiProblem) return outcome;
    }
    throw new Error('there was always room');
  }

  /** Sends until the gateway has no room; resolves to the legs. */
  async function sendUntilFull(by: SeraiClient): Promise<string[]> {
    const before = await measure(world(), 'gateway', FULL_AT_GATEWAY);
    const legIds: string[] = [];
    while (legIds.length < MOST_REQUESTS) {
      const sent = await Promise.all(Array.from({ length: AT_ONCE }, () => by.submitRequest(to(0))));
      legIds.push(...sent.flatMap(({ legs }) => legs.map(({ legId }) => legId)));
      if ((await measure(world(), 'gateway', FULL_AT_GATEWAY)) > before) return legIds;
    }
    throw new Error('there was always room');
  }

  it('at an access point: its officers are told, and everything goes on where it was once there is room', async () => {
    const disk = world().disks.get('ap_iq');
    if (!disk) return;
    const rs = world().cast().officer('rs.liaison');
    const [known = ''] = await world().deliver(rs, to(0));
    const processes = running();
    await disk.fill();
    const refusal = await refusalOfNotes(world().impatient('iq.duty'), known);
    expect(refusal).toMatchObject({ code: 'ERR_DATABASE_FULL', status: 503 });

    // Nobody else notices; what comes for Iraq waits.
    await world().deliver(rs, to(1));
    const sent = await Promise.all(Array.from({ length: 5 }, () => rs.submitRequest(to(0))));
    for (const { legs } of sent) await rs.waitForEnvelope(legs[0]?.envelopeId ?? '', { until: 'ACCEPTED' });

    await disk.free();
    for (const { legs } of sent) await delivered(rs, legs[0]?.legId ?? '');
    const iq = world().cast().officer('iq.duty');
    const { envelopeId } = await iq.acknowledge(known);
    await iq.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    await assertNothingIsSetAside();
    expect(running()).toEqual(processes);
  }, 180_000);

  it('at the hub: callers are told and come again, officers go on sending, and all of it arrives once there is room', async () => {
    const disk = world().disks.get('hub');
    if (!disk) return;
    const rs = world().cast().officer('rs.liaison');
    await world().deliver(rs, to(0));
    const processes = running();
    await disk.fill();
    const legIds = await sendUntilFull(world().impatient('rs.liaison'));
    // An answer that has come may not be kept yet.
    const refusal = await eventually(async () => {
      const [waiting] = await query<{ jws: string }>(
        world(),
        'ap_rs',
        'select jws from access_point.outgoing_envelope where answer_jws is null order by producer_sequence desc limit 1',
      );
      const answer = await handIn(world(), 'rs', waiting?.jws ?? '');
      expect(answer).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^[1-9]/) });
      return answer;
    });
    const signed = Buffer.from(refusal.answer.split('.')[1] ?? '', 'base64url').toString();
    expect(JSON.parse(signed)).toMatchObject({ data: { header: { problem: { code: 'ERR_DATABASE_FULL' } } } });

    await disk.free();
    await Promise.all(legIds.map((legId) => delivered(rs, legId)));
    await assertNothingIsSetAside();
    expect(running()).toEqual(processes);
  }, 180_000);
}
