import { linger } from './linger.js';

/** Whether it still waits when everything that was ready has run. */
async function waits(...last: Parameters<typeof linger>): Promise<boolean> {
  let isWaiting = true;
  const done = linger(...last).then(() => {
    isWaiting = false;
  });
  await Promise.resolve();
  await Promise.resolve();
  const answer = isWaiting;
  await done;
  return answer;
}

describe('linger', () => {
  it('waits where the last batch had company just now', async () => {
    expect(await waits(2)).toBe(true);
    expect(await waits(2, performance.now())).toBe(true);
  });

  it.each([
    ['travelled alone', 1, 0],
    ['held nothing', 0, 0],
    ['had company, but a while ago', 2, 20],
  ])('does not wait where the last batch %s', async (_, count, ago) => {
    expect(await waits(count, performance.now() - ago)).toBe(false);
  });
});
