import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PARTICIPANTS } from './community/community.js';
import { type Constellation, startConstellation } from './constellation/constellation.js';
import { removeVolumes } from './infra/containers.js';
import { type Infra, startInfra } from './infra/infra.js';
import { outsideFolder } from './infra/postgres/unprivileged-home.js';
import { guardFolder } from './infra/processes.js';
import { runCommand, untilStopped } from './run-command.js';

// npm run bench: a constellation of its own, as durable as npm start, which test/bench measures; thrown away afterwards.
//   npm run bench                          all figures, some eight minutes on two cores
//   npm run bench -- --short               every part for a moment: whether the bench works, not how fast anything is
//   npm run bench -- --json                ends with one JSON object on standard output
//   npm run bench -- --profile <folder>    also a CPU profile of each Node process at the highest rate

const checkout = path.resolve(import.meta.dirname, '../../../..');
const args = process.argv.slice(2);
const participants = PARTICIPANTS.filter(({ id }) => ['rs', 'iq'].includes(id));

/** What runs so far, so that a stop in the middle knows what to end. */
const up: { infra?: Infra; constellation?: Constellation; measuring?: ChildProcess } = {};

const say = (line: string): void => console.error(line);

async function bringUp(dataDir: string): Promise<object> {
  const { SERAI_POSTGRES_URL, SERAI_KAFKA_BROKERS, ...env } = process.env;
  say('Bringing up PostgreSQL, Kafka and the apps of two participants ...');
  const infra = await startInfra({ checkout, dataDir, env, log: say });
  up.infra = infra;
  const constellation = await startConstellation({
    checkout,
    dir: dataDir,
    infra,
    ports: 'free',
    participants: participants.map(({ id }) => id),
    // Each process picks a free port for its inspector and says which in its log.
    env: args.includes('--profile') ? { NODE_OPTIONS: '--inspect=127.0.0.1:0' } : {},
    log: (source, line) => source === 'local' && say(line),
    onSpawn: (spawned) => {
      up.constellation = spawned;
    },
  });
  return targetOf(infra, constellation);
}

/** What test/bench/target.ts reads. */
function targetOf(infra: Infra, constellation: Constellation): object {
  const { addresses, founding } = constellation;
  const apps = constellation.running().map((app) => ({ ...app, logFile: constellation.logFile(app.name) }));
  return {
    processes: [...apps, ...infra.processes],
    postgresUrl: infra.postgres.url,
    brokers: infra.kafka.brokers,
    issuer: addresses['identity-provider'],
    password: founding.demoPassword,
    accessPoints: Object.fromEntries(participants.map(({ id }) => [id, addresses[`access-point-${id}`]])),
  };
}

/** Runs test/bench on what is up; resolves to its exit code. It ends when the channel to us does. */
async function measure(target: object): Promise<number> {
  const script = path.join(checkout, 'dist/test/bench/main.js');
  const flags = ['--enable-source-maps', '--disable-warning=TimeoutNegativeWarning'];
  const child = spawn(process.execPath, [...flags, script, ...args], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  up.measuring = child;
  child.send(target);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function takeDown(dataDir: string, starting: Promise<unknown>): Promise<void> {
  up.measuring?.kill('SIGTERM');
  await up.constellation?.stop();
  // Ending the apps makes a start that waits for them fail; the servers may only now be up.
  await starting.catch(() => undefined);
  await up.constellation?.stop();
  await up.infra?.stop();
  if (up.infra?.postgres.kind === 'containers' || up.infra?.kafka.kind === 'containers') await removeVolumes(dataDir);
}

await runCommand(async () => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'serai-bench-'));
  // PostgreSQL may run as another user, who has to pass through; everything inside is closed by itself.
  fs.chmodSync(dataDir, 0o711);
  const release = guardFolder(dataDir);
  const stopped = untilStopped();
  const starting = bringUp(dataDir);
  const measured = starting.then(measure);
  measured.catch(() => undefined);
  try {
    const end = await Promise.race([stopped, measured]);
    if (typeof end === 'string') say(`Stopping (${end}) ...`);
    process.exitCode = typeof end === 'string' ? 130 : end;
  } finally {
    await takeDown(dataDir, starting);
    for (const folder of [dataDir, outsideFolder(dataDir)]) {
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
    release();
  }
});
process.exit();
