import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OPERATED_SERVICES, OPERATIONS, participantUrnOf } from '#libs/contracts';
import { CHAIRS, PARTICIPANTS } from './community/community.js';
import { deskUrnOf } from './community/founding-changes.js';
import { type Constellation, startConstellation } from './constellation/constellation.js';
import { runFlagCommand } from './flag-command.js';
import { type Infra, startInfra } from './infra/infra.js';
import { outsideFolder } from './infra/postgres/unprivileged-home.js';
import { processFacts } from './infra/processes.js';
import { dataFolder } from './run/data-folder.js';
import { assertSameServers } from './run/data-origin.js';
import { describeRun } from './run/describe-run.js';
import { readableLine } from './run/log-line.js';
import { migrationMark } from './run/migration-mark.js';
import { type ProcessRecord, type RunFile, removeRunFile, writeRunFile } from './run/run-file.js';
import { claimDataFolder, endOrphans } from './run/single-instance.js';
import { untilStopped } from './run-command.js';
import { Supervisor } from './supervision/supervisor.js';

const START = {
  name: 'npm start',
  about: 'PostgreSQL, Kafka and every app on this machine, with a synthetic community, until Ctrl-C.',
};

const checkout = path.resolve(import.meta.dirname, '../../../..');
const dataDir = dataFolder(checkout, process.env);
const startedAt = new Date();
const PATIENCE_MS = 25_000;

const log = (source: string, line: string): void => void process.stdout.write(`${readableLine(source, line)}\n`);
const say = (line: string): void => log('local', line);

const supervisor = new Supervisor({ log: say, onChange: () => rewriteRunFile() });

/** What runs so far, so that a stop in the middle of starting knows what to end. */
const up: { infra?: Infra; constellation?: Constellation } = {};
let state: RunFile['state'] = 'starting';

/** What was started again has another process id; what was given up is down. */
function rewriteRunFile(): void {
  if (up.infra && up.constellation) writeRunFile(dataDir, describe(up.infra, up.constellation));
}

function recordOf(name: string, pid: number): ProcessRecord[] {
  const facts = processFacts(pid);
  return facts ? [{ name, pid, started: facts.started }] : [];
}

function describe(infra: Infra, constellation: Constellation): RunFile {
  const { addresses, founding } = constellation;
  const apps = constellation.running().flatMap(({ name, pid }) => recordOf(name, pid));
  return {
    version: 1,
    state,
    startedAt: startedAt.toISOString(),
    starter: recordOf('start', process.pid)[0] ?? { name: 'start', pid: process.pid, started: '' },
    processes: [...apps, ...infra.processes.flatMap(({ name, pid }) => recordOf(name, pid))],
    down: supervisor.down,
    infra: { postgres: infra.postgres, kafka: infra.kafka },
    addresses: { ...addresses },
    community: {
      issuer: addresses['identity-provider'] ?? '',
      rootKeys: founding.rootKeys,
      participants: PARTICIPANTS.map(({ id, name }) => ({
        id,
        urn: participantUrnOf(id),
        name,
        accessPoint: addresses[`access-point-${id}`] ?? '',
        keystore: founding.keystore(id).path,
      })),
      officers: PARTICIPANTS.flatMap(({ id, officers }) =>
        officers.map(({ login, name, roles, desks }) => ({
          login,
          password: founding.demoPassword,
          name,
          participant: participantUrnOf(id),
          roles: [...roles],
          desks: desks.map((desk) => deskUrnOf(id, desk)),
        })),
      ),
      nationalSystems: [...founding.nationalSystems],
    },
    ...operatorOf(constellation),
    chairs: CHAIRS.map((name) => {
      const { path: keystore, passphrase } = founding.keystore(name);
      return { name, keystore, passphrase };
    }),
  };
}

function operatorOf({ addresses, founding }: Constellation): Pick<RunFile, 'operator'> {
  const { path: keystore, passphrase } = founding.keystore(OPERATIONS);
  if (passphrase === '') return {};
  const services = Object.fromEntries(OPERATED_SERVICES.map((name) => [name, addresses[name] ?? '']));
  return { operator: { services, keystore, passphrase } };
}

async function bringUp(): Promise<void> {
  say('Bringing up PostgreSQL and Kafka ...');
  const infra = await startInfra({
    checkout,
    dataDir,
    ports: { postgres: 4150, kafka: 4160, kafkaController: 4161 },
    env: process.env,
    supervisor,
    log: say,
  });
  up.infra = infra;
  assertSameServers(dataDir, infra);
  say(`PostgreSQL and Kafka run (${seconds()} s). Migrating and starting the apps ...`);
  const migration = migrationMark(checkout, dataDir);
  // Servers that were given to us may have lost their databases since.
  const remembers = infra.postgres.kind === 'embedded';
  const constellation = await startConstellation({
    checkout,
    dir: dataDir,
    infra,
    ports: 'default',
    migrate: !(remembers && migration.isSet()),
    env: passedOn(process.env),
    supervisor,
    log,
    onSpawn: (spawned) => {
      up.constellation = spawned;
      rewriteRunFile();
    },
  });
  if (remembers) migration.set();
  state = 'ready';
  const run = describe(infra, constellation);
  writeRunFile(dataDir, run);
  process.stdout.write(`\n${describeRun(run, Number(seconds()))}\n`);
}

const seconds = (): string => ((Date.now() - startedAt.getTime()) / 1000).toFixed(1);

async function takeDown(starting: Promise<void>): Promise<void> {
  const stopAll = async (): Promise<void> => {
    const supervised = supervisor.stop();
    await up.constellation?.stop();
    // Ending the apps makes a start that waits for them fail; the servers may only now be up.
    await starting.catch(() => undefined);
    await up.constellation?.stop();
    await up.infra?.stop();
    await supervised;
  };
  const inTime = await Promise.race([stopAll().then(() => true), sleep(PATIENCE_MS, false, { ref: false })]);
  if (!inTime) say('Something did not end in time; it is ended by force.');
}

/** Settings of apps that may be given to `npm start`; the SMTP address holds a password, which only `notifications` reads. */
function passedOn(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = [
    'SERAI_LOG_LEVEL',
    'SERAI_NOTIFICATIONS_SMTP_URL',
    'SERAI_NOTIFICATIONS_MAIL_FROM',
    'SERAI_NOTIFICATIONS_WEBHOOK_TARGETS',
  ];
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

await runFlagCommand(START, async () => {
  fs.mkdirSync(dataDir, { recursive: true });
  // PostgreSQL may run as another user, who has to pass through; everything inside is closed by itself.
  fs.chmodSync(dataDir, 0o711);
  const release = claimDataFolder(
    dataDir,
    (pid) =>
      `Caravanserai already runs from this checkout (process ${pid}; its addresses are in ${path.join(dataDir, 'run.json')}): use that one, or stop it with Ctrl-C there or "kill ${pid}".`,
  );
  try {
    const stopped = untilStopped();
    await endOrphans(dataDir, [path.join(checkout, 'dist'), dataDir, outsideFolder(dataDir)], say);
    const starting = bringUp();
    starting.catch(() => undefined);
    const reason = await Promise.race([stopped, starting.then(() => stopped)]).catch(() => undefined);
    if (reason) say(`Stopping (${reason}) ...`);
    await takeDown(starting);
    removeRunFile(dataDir);
    if (reason) say('Stopped. The data is kept.');
    else await starting;
  } finally {
    release();
  }
});
process.exit();
