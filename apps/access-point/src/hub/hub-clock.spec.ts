import { Metrics, Readiness } from '#libs/telemetry';
import { HubClock } from './hub-clock.js';

const NOON = Date.parse('2026-11-22T12:00:00.000Z');
const answerAt = (time: number, header = new Date(time).toUTCString()) =>
  new Response(null, { headers: { date: header } });

let clock: HubClock;
let readiness: Readiness;
beforeEach(() => {
  readiness = new Readiness();
  clock = new HubClock(readiness, new Metrics());
});

/** What readiness says when this clock shows noon, the hub's another time, and the answer took so long. */
async function reason(hubAheadMs: number, tookMs = 20): Promise<string | undefined> {
  clock.learn(answerAt(NOON + hubAheadMs), NOON, NOON + tookMs);
  const { checks } = await readiness.report();
  return checks.find(({ name }) => name === 'clock')?.reason;
}

it('is right before the hub has said anything, and when it says no time', async () => {
  expect(clock.isRight).toBe(true);
  clock.learn(answerAt(NOON, 'soon'), NOON, NOON);
  clock.learn(new Response(), NOON, NOON);
  expect((await readiness.report()).ready).toBe(true);
});

it('is right as long as the hub takes its tokens, however long an answer took', async () => {
  for (const ahead of [0, -11_000, 60_000]) expect(await reason(ahead)).toBeUndefined();
  expect(await reason(70_000, 15_000)).toBeUndefined();
});

it.each([
  [-3_600_000, '3599 s ahead of'],
  [-13_000, '12 s ahead of'],
  [3_600_000, '3600 s behind'],
  [62_000, '62 s behind'],
])('is wrong when the hub is %i ms ahead, and says what to do', async (ahead, apart) => {
  const sentence = `The clock of this access point is ${apart} the hub's, which takes nothing from it. Its operator must set it;`;
  expect(await reason(ahead)).toContain(sentence);
  expect(() => clock.assertRight()).toThrow(expect.objectContaining({ code: 'ERR_CLOCK_WRONG' }));
  expect(await reason(0)).toBeUndefined();
});
