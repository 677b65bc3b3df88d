// npm run check: everything that can be said about the sources without running them. Every part runs, even when one fails.
import { spawn } from 'node:child_process';
import path from 'node:path';

const CHECKOUT = path.resolve(import.meta.dirname, '../..');
const bin = (name) => [path.join(CHECKOUT, 'node_modules/.bin', name)];
const node = (...args) => [process.execPath, ...args];

const PARTS = [
  { title: 'format and lint', command: [...bin('biome'), 'check', '--error-on-warnings', '.'] },
  {
    title: 'promises and switches',
    command: [...bin('oxlint'), '--type-aware', '--deny-warnings', 'apps', 'libs', 'deploy', 'test'],
  },
  {
    title: 'types',
    command: node('node_modules/typescript7/bin/tsc', '-p', 'tsconfig.json', '--noEmit', '--pretty', 'false'),
  },
  {
    title: 'types of the page that checks evidence',
    command: node('node_modules/typescript7/bin/tsc', '-p', 'apps/verify/page/tsconfig.json', '--pretty', 'false'),
  },
  {
    title: 'borders and cycles',
    command: [...bin('depcruise'), '--config', 'dependency-cruiser.cjs', 'apps', 'libs', 'deploy', 'test'],
  },
  { title: 'dead code', command: [...bin('knip'), '--no-progress'] },
  {
    title: 'contracts and documents',
    command: node('--enable-source-maps', 'dist/libs/contracts/src/generate.js', '--check'),
  },
];

async function runPart({ title, command: [program, ...args] }) {
  const begun = Date.now();
  const child = spawn(program, args, { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve(127);
    });
    child.once('close', (status) => resolve(status ?? 1));
  });
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  if (code !== 0) console.log(`\n${output.trimEnd()}\n`);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${title} (${seconds} s)`);
  return code === 0;
}

/** Two at a time: most parts use one core. */
async function runAll() {
  const waiting = [...PARTS];
  const failed = [];
  const worker = async () => {
    for (let part = waiting.shift(); part; part = waiting.shift()) if (!(await runPart(part))) failed.push(part.title);
  };
  await Promise.all([worker(), worker()]);
  return failed;
}

const failed = await runAll();
if (failed.length > 0) {
  console.log(`\n${failed.length} of ${PARTS.length} checks failed: ${failed.join(', ')}.`);
  process.exit(1);
}
console.log(`\nAll ${PARTS.length} checks passed.`);
