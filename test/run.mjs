// npm test: brings up PostgreSQL and Kafka of its own, runs the projects of jest.config.mjs, and leaves nothing behind.
//   npm test                              everything
//   npm test -- unit libs/envelope        one project, files that match; further arguments go to jest
//   npm run test:containers               the integration tests, with PostgreSQL and Kafka in containers
//   npm run test:foreign                  what tools of others make of our log; needs Go
// Servers that already run are used when SERAI_TEST_POSTGRES_URL and SERAI_TEST_KAFKA_BROKERS name them.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildTools } from './foreign/build-tools.mjs';
import { findLeftovers } from './run-leftovers.mjs';

const CHECKOUT = path.resolve(import.meta.dirname, '..');
const PROJECTS = ['unit', 'integration', 'e2e'];
/** A test that says nothing else may take this long, also on a machine that is busy. */
const PATIENCE_MS = { unit: 10_000, integration: 30_000, e2e: 180_000, foreign: 60_000 };
const counts = { passed: 0, failed: 0, skipped: 0 };
let interrupted = false;
let running;

const say = (line) => process.stderr.write(`${line}\n`);

function parseArguments(args) {
  const inContainers = args[0] === '--containers';
  const rest = inContainers ? args.slice(1) : args;
  if (inContainers)
    return { inContainers, projects: ['integration'], filters: rest.filter((name) => name !== 'integration') };
  if (args[0] === '--foreign') return { inContainers: false, projects: ['foreign'], filters: args.slice(1) };
  const named = PROJECTS.includes(rest[0]);
  return { inContainers, projects: named ? [rest[0]] : PROJECTS, filters: named ? rest.slice(1) : rest };
}

/** Runs one jest project and adds up what it counted; a file that could not even be loaded counts as one failure. */
async function runProject(project, filters, environment, runFolder) {
  if (interrupted) return;
  const results = path.join(runFolder, `${project}.json`);
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--experimental-vm-modules',
    path.join(CHECKOUT, 'node_modules/jest/bin/jest.js'),
    '--ci',
    '--passWithNoTests',
    `--testTimeout=${PATIENCE_MS[project]}`,
    '--json',
    `--outputFile=${results}`,
    // The default is in the temporary folder, which ends with this run.
    `--cacheDirectory=${path.join(CHECKOUT, 'node_modules/.cache/jest')}`,
    // Each end-to-end test starts a whole constellation.
    project === 'e2e' ? '--runInBand' : '--maxWorkers=3',
    '--selectProjects',
    project,
    '--testPathPatterns',
    ...(filters.length === 0 || filters[0].startsWith('-') ? ['.', ...filters] : filters),
  ];
  const code = await new Promise((resolve) => {
    running = spawn(process.execPath, args, { cwd: CHECKOUT, env: environment, stdio: ['ignore', 2, 2] });
    running.once('error', () => resolve(1));
    running.once('exit', (status) => resolve(status ?? 1));
  });
  running = undefined;
  addUp(project, results, code);
}

function addUp(project, file, code) {
  if (interrupted) return;
  if (!fs.existsSync(file)) {
    say(`jest ended with code ${code} and without a result for ${project}.`);
    counts.failed += 1;
    return;
  }
  const result = JSON.parse(fs.readFileSync(file, 'utf8'));
  counts.passed += result.numPassedTests;
  counts.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  counts.skipped += result.numPendingTests + result.numTodoTests;
  // Something failed outside any test: an open handle that crashed, a global error.
  if (code !== 0 && result.numFailedTests + result.numRuntimeErrorTestSuites === 0) counts.failed += 1;
}

/** The two addresses that tests read. */
async function bringUpInfra(runFolder, inContainers) {
  const given = process.env.SERAI_TEST_POSTGRES_URL && process.env.SERAI_TEST_KAFKA_BROKERS;
  if (given && !inContainers) return { addresses: {}, stop: async () => undefined };
  const { startInfra } = await import('../dist/deploy/local/src/infra/infra.js');
  const { SERAI_POSTGRES_URL, SERAI_KAFKA_BROKERS, ...env } = process.env;
  const infra = await startInfra({
    checkout: CHECKOUT,
    dataDir: path.join(runFolder, 'infra'),
    env: inContainers ? { ...env, SERAI_INFRA: 'containers' } : env,
    keepData: false,
    log: say,
  });
  const addresses = {
    SERAI_TEST_POSTGRES_URL: infra.postgres.url,
    SERAI_TEST_KAFKA_BROKERS: infra.kafka.brokers.join(','),
  };
  return { addresses, stop: infra.stop };
}

function makeRunFolder() {
  const runFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'serai-test-'));
  // PostgreSQL may run as another user, who has to pass through.
  fs.chmodSync(runFolder, 0o711);
  fs.mkdirSync(path.join(runFolder, 'tmp'), { mode: 0o711 });
  return runFolder;
}

async function runAll({ inContainers, projects, filters, tools }, runFolder) {
  const needsInfra = projects.some((project) => project !== 'unit');
  // The servers start while the unit tests run.
  const infra = needsInfra ? bringUpInfra(runFolder, inContainers) : undefined;
  infra?.catch(() => undefined);
  const environment = { ...process.env, TMPDIR: path.join(runFolder, 'tmp'), SERAI_TEST_RUN: runFolder };
  if (tools) environment.SERAI_TEST_FOREIGN_TOOLS = tools;
  try {
    if (projects.includes('unit')) await runProject('unit', filters, environment, runFolder);
    for (const project of projects.filter((name) => name !== 'unit')) {
      await runProject(project, filters, { ...environment, ...(await infra).addresses }, runFolder);
    }
  } catch (error) {
    say(error.code ? `${error.message} (${error.code})` : error.stack);
    counts.failed += 1;
  } finally {
    await infra?.then(({ stop }) => stop()).catch(() => undefined);
  }
}

/** Small disks that a test, interrupted, has left. */
function mountedBelow(folder) {
  const mounts = fs.existsSync('/proc/self/mounts') ? fs.readFileSync('/proc/self/mounts', 'utf8') : '';
  return mounts.split('\n').flatMap((line) => {
    const [, mounted = ''] = line.split(' ');
    return mounted.startsWith(`${folder}/`) ? [mounted] : [];
  });
}

async function cleanUp(runFolder, releaseFolder) {
  const leftovers = await findLeftovers(runFolder, 5_000);
  for (const { pid, command } of leftovers) {
    say(`A test left process ${pid} behind: ${command}`);
    process.kill(pid, 'SIGKILL');
  }
  for (const mounted of mountedBelow(runFolder)) spawnSync('umount', ['-l', mounted]);
  fs.rmSync(runFolder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  releaseFolder();
  if (leftovers.length > 0) counts.failed += 1;
}

/** How many files a suite would have run. */
function filesOf(folder, suffix) {
  const names = fs.readdirSync(path.join(CHECKOUT, folder), { recursive: true });
  return names.filter((name) => name.endsWith(suffix)).length;
}

/** What a suite needs that this machine may lack; a sentence about it when it does. */
async function prepare(wish) {
  const { findEngine } = await import('../dist/deploy/local/src/infra/containers.js');
  if (wish.inContainers && !(await findEngine())) {
    counts.skipped = filesOf('test/integration', '.int.ts');
    return `No container engine answers here, so none of the ${counts.skipped} integration test files ran: start Docker or Podman and try again.`;
  }
  if (!wish.projects.includes('foreign')) return undefined;
  wish.tools = await buildTools(CHECKOUT, say);
  if (wish.tools) return undefined;
  counts.skipped = filesOf('test/foreign', '.foreign.ts');
  return `There is no Go here, so no tool of others looked at our log and none of the ${counts.skipped} test files ran: install Go 1.24 or newer (https://go.dev) and try again.`;
}

async function main() {
  const wish = parseArguments(process.argv.slice(2));
  const { guardFolder } = await import('../dist/deploy/local/src/infra/processes.js');
  const lack = await prepare(wish).catch((error) => {
    counts.failed += 1;
    return error.message;
  });
  if (lack) return say(lack);
  const runFolder = makeRunFolder();
  const releaseFolder = guardFolder(runFolder);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (!interrupted) say('Stopping; ending what this run started ...');
      interrupted = true;
      running?.kill('SIGTERM');
    });
  }
  await runAll(wish, runFolder);
  await cleanUp(runFolder, releaseFolder);
  if (!interrupted && counts.passed + counts.failed + counts.skipped === 0) {
    say('No test file matches: check the project and the pattern.');
    counts.failed += 1;
  }
}

if (process.env.SERAI_BOOTSTRAP === undefined) {
  const bootstrap = path.join(CHECKOUT, 'deploy/local/bootstrap.mjs');
  const child = spawn(process.execPath, [bootstrap, 'test', ...process.argv.slice(2)], { stdio: 'inherit' });
  child.once('exit', (code) => process.exit(code ?? 1));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
} else {
  await main();
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  process.exit(interrupted ? 130 : Math.min(counts.failed, 1));
}
