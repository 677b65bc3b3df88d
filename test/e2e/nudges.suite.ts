import { DEMO_REQUEST } from '#deploy/local';
import type { SeraiClient } from '#libs/client';
import { eventually } from '#libs/testing';
import { deskUrnOf } from './support/names.js';
import { refusedAtOnce } from './support/refusal.js';
import type { World } from './support/world.js';

const LIAISON = deskUrnOf('iq', 'liaison');
const MAILBOX = 'liaison@police.iq.example';
const toLiaison = {
  ...DEMO_REQUEST,
  recipients: [{ participant: 'urn:serai:participant:iq', desk: LIAISON }],
};

/** From a supervisor's settings to a mail that says nothing. */
export function nudgesSuite(world: () => World): void {
  let supervisor: SeraiClient;
  beforeAll(() => {
    supervisor = world().cast().officer('iq.supervisor');
  });

  const set = async (contacts: Parameters<SeraiClient['setNudges']>[1]['contacts'], desk = LIAISON) => {
    const { envelopeId } = await supervisor.setNudges(desk, { contacts, digestMinutes: 0 });
    return supervisor.waitForNudges(desk, envelopeId);
  };

  it('a desk whose supervisor has said so hears by e-mail that an urgent request waits, and not what', async () => {
    expect(await set([{ name: 'mail', email: MAILBOX, receives: 'URGENT' }])).toMatchObject({ state: 'ACCEPTED' });
    const [legId = ''] = await world().deliver(world().cast().officer('rs.liaison'), toLiaison);
    const [mail] = await eventually(() => {
      expect(world().mail.to(MAILBOX)).toHaveLength(1);
      return world().mail.to(MAILBOX);
    });
    expect(mail?.subject).toBe('Caravanserai: 1 urgent item - open the hub');
    for (const word of [legId, 'urn:serai', 'Serbia', 'IDENTITY']) expect(mail?.raw).not.toContain(word);
    expect(await world().cast().officer('iq.duty').escalations(legId)).toEqual([]);
    await set([]);
  });

  it('only a supervisor may say so, for desks of the own country alone', async () => {
    const settings = { contacts: [], digestMinutes: 0 };
    expect(await refusedAtOnce(world().cast().officer('iq.duty').setNudges(LIAISON, settings))).toBe(
      'ERR_OFFICER_FORBIDDEN',
    );
    const foreign = deskUrnOf('rs', 'ncc');
    expect(await refusedAtOnce(supervisor.setNudges(foreign, settings))).toBe('ERR_REQUEST_NOT_FOUND');
    expect(await refusedAtOnce(supervisor.nudges(foreign))).toBe('ERR_REQUEST_NOT_FOUND');
    const wrong = [{ name: 'mail', email: 'a@b.example\r\nBcc: c@d.example', receives: 'URGENT' as const }];
    expect(await refusedAtOnce(supervisor.setNudges(LIAISON, { ...settings, contacts: wrong }))).toBe(
      'ERR_REQUEST_INVALID',
    );
  });
}
