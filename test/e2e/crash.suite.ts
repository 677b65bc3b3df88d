import { setTimeout as pause } from 'node:timers/promises';
import { SCENARIO, type Story } from '#deploy/local';
import { type Ending, endingOf, newStory } from './demo.suite.js';
import type { World } from './support/world.js';

const VICTIMS = [
  'access-point-rs',
  'gateway',
  'requests',
  'notifications',
  'audit',
  'access-point-iq',
  'identity-provider',
  'directory',
  'access-point-tr',
];
/** So long after a step began its victim is killed: at another moment of the step each time. */
const MOMENTS_MS = [0, 15, 40, 80, 150];

/** The demo again, while in every step one app is killed with SIGKILL and started again. */
export function crashSuite(world: () => World, undisturbed: () => Ending): void {
  let story: Story;
  beforeAll(() => {
    story = newStory(world(), 'disturbed');
  });

  it.each(SCENARIO.map((step, index) => [step.title, VICTIMS[index % VICTIMS.length] ?? '', step, index] as const))(
    '%s - while %s is killed',
    async (_title, victim, step, index) => {
      const { constellation } = world();
      const running = step.run(story);
      running.catch(() => undefined);
      await pause(MOMENTS_MS[index % MOMENTS_MS.length] ?? 0);
      await constellation.kill(victim, 'SIGKILL');
      await constellation.restart(victim);
      await running;
    },
  );

  it('ends as the undisturbed one', async () => {
    expect(await endingOf(story)).toEqual(undisturbed());
  });
}
