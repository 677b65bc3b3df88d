import { SCENARIO, Story, type Teller } from '#deploy/local';
import type { LegView } from '#libs/contracts';
import type { World } from './support/world.js';

const silent: Teller = { command: () => undefined, say: () => undefined };

/** What both sides hold of both legs at the end of the demo, without ids and times. */
export interface Ending {
  readonly [sideAndLeg: string]: unknown;
}

export function newStory(world: World, id: string): Story {
  return new Story(world.cast(), silent, id);
}

export async function endingOf(story: Story): Promise<Ending> {
  const shape = ({ state, status, messages }: LegView) => ({
    status,
    outcome: state?.outcome,
    version: state?.version,
    clock: state?.clock.state,
    overdue: state?.overdue,
    messages: messages.map(({ type, direction, state: standing }) => `${direction} ${type} ${standing}`).sort(),
  });
  const seen: [string, unknown][] = [];
  for (const asked of ['iq', 'tr'] as const) {
    seen.push([`rs of ${asked}`, shape(await story.requester.leg(story.legTo(asked)))]);
    seen.push([`${asked} of ${asked}`, shape(await story.addressee(asked).leg(story.legTo(asked)))]);
  }
  return Object.fromEntries(seen);
}

/** The demo, step by step, and what it leaves behind. */
export function demoSuite(world: () => World, remember: (ending: Ending) => void): void {
  let story: Story;
  beforeAll(() => {
    story = newStory(world(), 'undisturbed');
  });

  it.each(SCENARIO.map((step) => [step.title, step] as const))('%s', async (_title, step) => {
    await step.run(story);
  });

  it('leaves the same behind at both sides: every message once, the legs closed', async () => {
    const ending = await endingOf(story);
    remember(ending);
    expect(ending['rs of iq']).toMatchObject({
      status: 'CLOSED',
      outcome: 'IDENTIFIED',
      clock: 'STOPPED',
      overdue: false,
    });
    expect(ending['rs of tr']).toMatchObject({ status: 'CLOSED', outcome: 'NOT_IDENTIFIED', clock: 'STOPPED' });
    // The move that was refused is known to its sender alone.
    const { messages: ofRequester, ...requester } = ending['rs of iq'] as { messages: string[] };
    const { messages: ofAddressee, ...addressee } = ending['iq of iq'] as { messages: string[] };
    expect(addressee).toEqual(requester);
    expect(ofAddressee).toHaveLength(ofRequester.length + 1);
    expect(new Set(ofRequester).size).toBe(ofRequester.length);
  });

  it('gives eight hours from each delivery, and every pause back', async () => {
    for (const asked of ['iq', 'tr'] as const) {
      const { state } = await story.requester.leg(story.legTo(asked));
      const { startedAt = '', dueAt = '', pausedMs } = state?.clock ?? {};
      expect(startedAt).toBe(state?.deliveredAt);
      expect(Date.parse(dueAt) - Date.parse(startedAt) - (pausedMs ?? 0)).toBe(8 * 3600_000);
      if (asked === 'iq') expect(pausedMs).toBeGreaterThan(0);
      else expect(pausedMs).toBe(0);
    }
  });

  it('shows Serbia nothing of what stays in Iraq', async () => {
    const seen = JSON.stringify(await story.requester.leg(story.legTo('iq')));
    expect(seen).not.toMatch(/CID Erbil|register office|ASSIGNED/);
  });
}
