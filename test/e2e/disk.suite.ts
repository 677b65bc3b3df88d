import { DEMO_REQUEST } from '#deploy/local';
import { type BodyOf, type SeraiClient, SeraiProblem } from '#libs/client';
import { eventually } from '#libs/testing';
import { query } from './support/hub.js';
import { SmallDisk } from './support/small-disk.js';
import type { World } from './support/world.js';

const ACCESS_POINT = 'access-point-iq';
/** Fills any page that has room. */
const LONG = 'x'.repeat(4_000);
const MOST_NOTES = 500;

/** The disk of Iraq's database is full and free again: nobody else notices, its officers are told, and nothing is lost. */
export function diskSuite(world: () => World): void {
  let disk: SmallDisk | undefined;
  const database = () => `${world().namespace}_ap_iq`;
  const to = (index: number): BodyOf<'submitRequest'> => ({
    ...DEMO_REQUEST,
    recipients: DEMO_REQUEST.recipients.slice(index, index + 1),
  });
  const pid = () =>
    world()
      .constellation.running()
      .find(({ name }) => name === ACCESS_POINT)?.pid;

  /** Away from the database, so that it can be moved. */
  async function whileDown(work: () => Promise<void>): Promise<void> {
    const { constellation } = world();
    await constellation.kill(ACCESS_POINT);
    await work();
    await constellation.restart(ACCESS_POINT);
  }

  beforeAll(async () => {
    disk = await SmallDisk.mount(world().dir, `${world().namespace}_disk`);
    if (disk) await whileDown(() => disk!.take(database()));
  }, 120_000);
  afterAll(async () => {
    if (disk) await whileDown(() => disk!.unmount(database()));
  }, 120_000);

  /** Writes until there is no room; resolves to how the access point says so. */
  async function refusalOfNotes(by: SeraiClient, legId: string): Promise<SeraiProblem> {
    for (let note = 0; note < MOST_NOTES; note += 1) {
      const outcome: unknown = await by.addNote(legId, LONG).catch((error: unknown) => error);
      if (outcome instanceof SeraiProblem) return outcome;
    }
    throw new Error('there was always room');
  }

  it('is told with a code, and everything goes on where it was once there is room', async () => {
    if (!disk) return;
    const rs = world().cast().officer('rs.liaison');
    const [known = ''] = await world().deliver(rs, to(0));
    const process = pid();
    disk.fill();
    const refusal = await refusalOfNotes(world().impatient('iq.duty'), known);
    expect(refusal).toMatchObject({ code: 'ERR_DATABASE_FULL', status: 503 });

    // Nobody else notices; what comes for Iraq waits.
    await world().deliver(rs, to(1));
    const sent = await Promise.all(Array.from({ length: 5 }, () => rs.submitRequest(to(0))));
    for (const { legs } of sent) await rs.waitForEnvelope(legs[0]?.envelopeId ?? '', { until: 'ACCEPTED' });

    disk.free();
    for (const { legs } of sent) {
      await rs.waitForLeg(legs[0]?.legId ?? '', ({ state }) => state?.deliveredAt !== undefined, { timeoutMs: 60_000 });
    }
    const iq = world().cast().officer('iq.duty');
    const { envelopeId } = await iq.acknowledge(known);
    await iq.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    await eventually(async () => {
      const rows = await query<{ count: number }>(
        world(),
        'ap_iq',
        'select count(*)::int as count from access_point.quarantined_entry',
      );
      expect(rows).toEqual([{ count: 0 }]);
    });
    expect(pid()).toBe(process);
  }, 180_000);
}
