// What every npm script runs first. It may start on a bare clone with an old Node, so it uses no dependency and no new
// syntax: it installs, builds what changed, then hands over to the Node that the lock file pins.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfNeeded } from './build.mjs';

const CHECKOUT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const LOWEST_NODE = 20;
const PINNED_NODE = 24;

/** Command -> what runs it. `build: false` commands need no compiled code. */
const COMMANDS = {
  start: { script: 'dist/deploy/local/src/start.js' },
  reset: { script: 'dist/deploy/local/src/reset.js' },
  demo: { script: 'dist/deploy/local/src/demo.js' },
  bench: { script: 'dist/deploy/local/src/bench.js' },
  faults: { script: 'dist/deploy/local/src/faults.js' },
  infra: { script: 'dist/deploy/local/src/infra-only.js' },
  serai: { script: 'dist/apps/cli/src/main.js', callerFolder: true },
  verify: { script: 'dist/verify.mjs', callerFolder: true },
  test: { script: 'test/run.mjs' },
  'test:containers': { script: 'test/run.mjs', args: ['--containers'] },
  'test:foreign': { script: 'test/run.mjs', args: ['--foreign'] },
  'test:mutations': { script: 'dist/test/mutations/main.js' },
  check: { script: 'deploy/local/check.mjs' },
};

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

/** Runs `work` and prints one line before and one after it, with the time it took, so that a long stage is never silent. */
async function stage(title, work) {
  const begun = Date.now();
  const seconds = () => `${((Date.now() - begun) / 1000).toFixed(1)} s`;
  process.stderr.write(`• ${title} ...\n`);
  const ticker = setInterval(() => process.stderr.write(`  ${title}: ${seconds()} so far\n`), 10_000);
  try {
    const remark = await work();
    process.stderr.write(`• ${title}: ${remark ?? 'done'} (${seconds()})\n`);
  } finally {
    clearInterval(ticker);
  }
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= LOWEST_NODE) return;
  fail(
    `Caravanserai needs Node ${LOWEST_NODE} or newer on the PATH, this is Node ${process.versions.node}: install a newer one (https://nodejs.org) and try again.`,
  );
}

const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));

/** True when node_modules holds exactly what package-lock.json says; npm's own record of the installed tree is the witness. */
function isInstalled(stampFile, fingerprint) {
  try {
    if (readIfThere(stampFile) === fingerprint) return true;
    const wanted = readJson(path.join(CHECKOUT, 'package-lock.json')).packages;
    const installed = readJson(path.join(CHECKOUT, 'node_modules/.package-lock.json')).packages;
    const missing = Object.keys(wanted).filter((name) => name !== '' && !installed[name] && !wanted[name].optional);
    const different = Object.keys(installed).filter((name) => installed[name].integrity !== wanted[name]?.integrity);
    if (missing.length + different.length > 0) return false;
    fs.writeFileSync(stampFile, fingerprint);
    return true;
  } catch {
    return false;
  }
}

async function installIfNeeded() {
  const lock = fs.readFileSync(path.join(CHECKOUT, 'package-lock.json'));
  const fingerprint = createHash('sha256').update(lock).update(`${process.platform}-${process.arch}`).digest('hex');
  const stampFile = path.join(CHECKOUT, 'node_modules/.serai-installed');
  if (isInstalled(stampFile, fingerprint)) return;
  await stage('Installing packages (npm ci)', async () => {
    const [command, args] = npm();
    const flags = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
    const code = await run(command, [...args, ...flags], { stdio: ['ignore', 2, 2] });
    if (code !== 0) {
      fail(
        `npm ci ended with code ${code} (its own lines are above): check the network and the free disk space, then run the command again.`,
      );
    }
    fs.writeFileSync(stampFile, fingerprint);
  });
}

/** The npm that called us, else the one on the PATH. */
function npm() {
  const own = process.env.npm_execpath;
  return own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []];
}

/** Resolves to the exit code; a missing program counts as 127. */
function run(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: CHECKOUT, ...options });
    child.once('error', () => resolve(127));
    child.once('exit', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal]));
  });
}

/** One install or build at a time in a checkout; a lock whose process is gone is taken over. */
async function withLock(work) {
  const file = path.join(CHECKOUT, '.serai/bootstrap.lock');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  for (let waited = 0; !tryLock(file); waited += 1) {
    if (waited === 0) process.stderr.write('• Waiting for another install or build in this checkout ...\n');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const release = () => fs.rmSync(file, { force: true });
  process.once('exit', release);
  try {
    await work();
  } finally {
    release();
    process.removeListener('exit', release);
  }
}

function tryLock(file) {
  try {
    fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const holder = Number(readIfThere(file));
  if (holder > 0 && isAlive(holder)) return false;
  // An empty file may be a lock that is being written this very moment: only an old one is nobody's.
  if (holder > 0 || Date.now() - (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > 2_000) {
    fs.rmSync(file, { force: true });
  }
  return false;
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The Node that the lock file pins; where no such package exists (neither x64 nor arm64 Linux), the caller's if it is new enough. */
function pinnedNode() {
  const file = path.join(CHECKOUT, 'node_modules/.bin/node');
  if (fs.existsSync(file) && spawnSync(file, ['-v']).status === 0) return file;
  if (Number(process.versions.node.split('.')[0]) >= PINNED_NODE) return process.execPath;
  return fail(
    `This machine has no packaged Node ${PINNED_NODE} and the Node on the PATH is ${process.versions.node}: install Node ${PINNED_NODE} (https://nodejs.org) and try again.`,
  );
}

/** Hands over: same terminal, same signals, same exit code. The child sees the end of file descriptor 3 when we die. */
function handOver(name, { script, args = [], callerFolder = false }, rest) {
  const node = pinnedNode();
  const binaries = path.join(CHECKOUT, 'node_modules/.bin');
  const child = spawn(node, ['--enable-source-maps', path.join(CHECKOUT, script), ...args, ...rest], {
    cwd: callerFolder ? process.cwd() : CHECKOUT,
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, PATH: `${binaries}${path.delimiter}${process.env.PATH}`, SERAI_BOOTSTRAP: name },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends SIGINT and SIGHUP to the whole group; the child takes a repeated signal as the same wish.
    process.on(signal, () => child.kill(signal));
  }
  child.once('error', (error) =>
    fail(`${node} could not be started (${error.message}): remove the folder node_modules and try again.`),
  );
  child.once('exit', (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal]));
}

async function main() {
  checkNode();
  const [name = '', ...rest] = process.argv.slice(2);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) fail(`Unknown command "${name}". Known: ${Object.keys(COMMANDS).join(', ')}.`);
  await withLock(async () => {
    await installIfNeeded();
    const problem = await buildIfNeeded({ checkout: CHECKOUT, stage, run });
    if (problem) fail(problem);
  });
  if (!fs.existsSync(path.join(CHECKOUT, command.script)))
    fail(`${name} is not part of this version: ${command.script} does not exist.`);
  handOver(name, command, rest);
}

await main();
