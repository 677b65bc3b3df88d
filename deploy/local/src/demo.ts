import fs from 'node:fs';
import path from 'node:path';
import { v7 as uuid7 } from 'uuid';
import { FINAL_ANSWER, NO_RECORD, PARTIAL_ANSWER, REQUEST, WITHOUT_AGREEMENT, WITHOUT_GROUND } from './demo/case.js';
import { Cast } from './demo/cast.js';
import { FILES } from './demo/files.js';
import { SCENARIO } from './demo/scenario.js';
import { type Step, Story, type Teller } from './demo/story.js';
import { runFlagCommand } from './flag-command.js';
import { LocalError } from './local-error.js';
import { dataFolder } from './run/data-folder.js';
import { findLiveRun } from './run/run-file.js';

const DEMO = {
  name: 'npm run demo',
  about: 'one request between three countries, told step by step, against a running npm start.',
  flags: { json: 'end with one JSON object on standard output' },
};

const dataDir = dataFolder(path.resolve(import.meta.dirname, '../../../..'), process.env);
const bodiesDir = path.join(dataDir, 'demo');
const asJson = process.argv.includes('--json');
/** How long a step waits for an app that was stopped and is started again. */
const PATIENCE_MS = 120_000;
const STILL_WAITING_MS = 8_000;

/** For people on standard output; beside --json, whose one object belongs there, on the other stream. */
const print = (line: string): void => void (asJson ? process.stderr : process.stdout).write(`${line}\n`);
const teller: Teller = { command: (line) => print(`     $ ${line}`), say: (line) => print(`     ${line}`) };

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
}

/** Bodies and files that the printed commands name, so that they can be typed. */
function writeBodies(): void {
  const bodies = {
    request: REQUEST,
    'no-record': NO_RECORD,
    'partial-answer': PARTIAL_ANSWER,
    'final-answer': FINAL_ANSWER,
    'refused-urgency': WITHOUT_GROUND,
    'refused-agreement': WITHOUT_AGREEMENT,
  };
  fs.mkdirSync(bodiesDir, { recursive: true });
  for (const [name, body] of Object.entries(bodies)) {
    fs.writeFileSync(path.join(bodiesDir, `${name}.json`), `${JSON.stringify(body, undefined, 2)}\n`);
  }
  for (const { name, content } of FILES) fs.writeFileSync(path.join(bodiesDir, name), content);
}

/** For scripts: the last line of standard output. */
function conclude(steps: readonly Outcome[], ok: boolean): void {
  if (asJson) process.stdout.write(`${JSON.stringify({ ok, steps })}\n`);
}

async function play(step: Step, story: Story): Promise<Outcome> {
  const begun = Date.now();
  const waiting = setInterval(
    () => teller.say('... still waiting: an app may be starting again (npm start shows which)'),
    STILL_WAITING_MS,
  );
  try {
    await step.run(story);
    return { name: step.name, ok: true, ms: Date.now() - begun };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    teller.say(`FAILED: ${message}${code ? ` (${code})` : ''}`);
    return { name: step.name, ok: false, ms: Date.now() - begun };
  } finally {
    clearInterval(waiting);
  }
}

await runFlagCommand(DEMO, async () => {
  const run = findLiveRun(dataDir);
  if (run?.state !== 'ready') {
    conclude([], false);
    throw new LocalError(
      'ERR_LOCAL_NOT_RUNNING',
      'No Caravanserai runs from this checkout: run "npm start" in another terminal, wait until it says that it is ready, then try again.',
    );
  }
  writeBodies();
  const story = new Story(
    new Cast(run.community, PATIENCE_MS),
    teller,
    uuid7(),
    path.relative(process.cwd(), bodiesDir),
  );
  print('A request travels from Serbia to Iraq and Türkiye and back. "serai" stands for "npm run -s serai --".');
  const outcomes: Outcome[] = [];
  for (const [index, step] of SCENARIO.entries()) {
    print(`\n${String(index + 1).padStart(2)}. ${step.title}`);
    outcomes.push(await play(step, story));
    if (!outcomes.at(-1)?.ok) break;
  }
  const ok = outcomes.every((outcome) => outcome.ok);
  const seconds = (outcomes.reduce((sum, { ms }) => sum + ms, 0) / 1000).toFixed(1);
  print(
    ok ? `\nAll ${outcomes.length} steps did what they promise (${seconds} s).` : '\nThe demo ended early, see above.',
  );
  conclude(outcomes, ok);
  process.exitCode = ok ? 0 : 1;
});
