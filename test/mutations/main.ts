// npm run test:mutations: every single change of every proof of the trees of 1 to 300 leaves, each put before the real verifier. Takes tens of minutes of all
// processors; npm test asks about another 256th part each day.
import os from 'node:os';
import { Worker } from 'node:worker_threads';
import { LARGEST } from './subject.js';
import { NOTHING, sum, type Tally } from './sweep.js';

const begun = Date.now();
// The largest trees take longest: they come first, so that no worker is left alone with one.
const waiting = Array.from({ length: LARGEST }, (_, place) => place + 1);
let done = 0;
let tally = NOTHING;

function say(): void {
  const { proofs, refused, equivalent, wrong } = tally;
  const counts = [`${done} of ${LARGEST} sizes`, `${proofs} proofs`, `${refused} changes refused`];
  const rest = [`${equivalent} left a true statement`, `${wrong.length} wrong`];
  console.log([...counts, ...rest, `${Math.round((Date.now() - begun) / 1000)} s`].join(', '));
}

/** Hands a worker one size after another. */
async function work(worker: Worker): Promise<void> {
  for (let size = waiting.pop(); size !== undefined; size = waiting.pop()) {
    const answer = new Promise<Tally>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    worker.postMessage(size);
    // First the answer, then the sum of that moment: other workers answer meanwhile.
    const answered = await answer;
    tally = sum(tally, answered);
    worker.removeAllListeners('error');
    done += 1;
  }
  await worker.terminate();
}

const ticker = setInterval(say, 10_000);
await Promise.all(
  Array.from({ length: os.availableParallelism() }, () => work(new Worker(new URL('./worker.js', import.meta.url)))),
);
clearInterval(ticker);
say();
for (const line of tally.wrong) console.log(line);
const expected = LARGEST * (LARGEST + 1);
if (tally.proofs !== expected)
  console.log(`Only ${tally.proofs} of ${expected} proofs were counted: this run proves nothing.`);
process.exitCode = tally.wrong.length === 0 && tally.proofs === expected ? 0 : 1;
