import { DEMO_REQUEST } from '#deploy/local';
import type { BodyOf } from '#libs/client';
import { eventually } from '#libs/testing';
import { measure } from './support/hub.js';
import { refusedAtOnce } from './support/refusal.js';
import type { World } from './support/world.js';

const HOUR_MS = 3_600_000;
const ACCESS_POINT = 'access-point-iq';

/** Iraq's clock is an hour wrong and right again: nobody else notices, its operator is told, and nothing is lost. */
export function clockSuite(world: () => World): void {
  const to = (index: number): BodyOf<'submitRequest'> => ({
    ...DEMO_REQUEST,
    recipients: DEMO_REQUEST.recipients.slice(index, index + 1),
  });
  afterEach(() => world().shiftClock('iq', 0));

  const readiness = async () => (await fetch(new URL('/readyz', world().constellation.addresses[ACCESS_POINT]))).json();
  const whyUnready = async (): Promise<string | undefined> => {
    const { checks } = (await readiness()) as { checks: { name: string; reason?: string }[] };
    return checks.find(({ name }) => name === 'clock')?.reason;
  };
  const aheadSeconds = () => measure(world(), ACCESS_POINT, 'serai_access_point_clock_ahead_seconds');

  describe.each([
    ['fast', HOUR_MS, 'ahead of'],
    ['slow', -HOUR_MS, 'behind'],
  ])('an hour %s', (_how, shiftMs, direction) => {
    it('keeps what it can not send, and tells its operator why', async () => {
      const rs = world().cast().officer('rs.liaison');
      const iq = world().cast().officer('iq.duty');
      const [known = ''] = await world().deliver(rs, to(0));
      // Logged in while the clock was right, so that only the access point is wrong about the time.
      await iq.me();
      world().shiftClock('iq', shiftMs);

      // What waits to be sent is found out about at once: the delivery of this one, which comes over the open feed, or the feed itself.
      const sent = await rs.submitRequest(to(0));
      const { legId = '', envelopeId = '' } = sent.legs[0] ?? {};
      await rs.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
      await eventually(
        async () => expect(await whyUnready()).toMatch(new RegExp(`3(600|599|601) s ${direction} the hub's`)),
        {
          timeoutMs: 75_000,
        },
      );
      expect(Math.round((await aheadSeconds()) / 60)).toBe(shiftMs / 60_000);

      // Nobody else notices.
      await world().deliver(rs, to(1));

      const impatient = world().impatient('iq.duty');
      const act = impatient.acknowledge(known);
      if (shiftMs > 0) expect(await refusedAtOnce(act)).toBe('ERR_CLOCK_WRONG');
      const queued = shiftMs > 0 ? undefined : (await act).envelopeId;
      expect((await rs.leg(legId)).state?.deliveredAt).toBeUndefined();

      world().shiftClock('iq', 0);
      await eventually(async () => expect(await whyUnready()).toBeUndefined(), { timeoutMs: 30_000 });
      const { state } = await rs.waitForLeg(legId, (leg) => leg.state?.deliveredAt !== undefined);
      if (queued) await iq.waitForEnvelope(queued, { until: 'ACCEPTED' });
      else await iq.acknowledge(known);
      // Whatever time the statement says, the clock of the leg starts between its submission and its arrival.
      const startedAt = Date.parse(state?.deliveredAt ?? '');
      expect(startedAt).toBeGreaterThanOrEqual(Date.parse(state?.submittedAt ?? ''));
      expect(startedAt).toBeLessThanOrEqual(Date.now());
      expect(await aheadSeconds()).toBe(0);
    }, 180_000);
  });
}
