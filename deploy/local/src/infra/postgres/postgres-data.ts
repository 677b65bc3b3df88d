import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { LocalError } from '../../local-error.js';
import { endProcess, processFacts, runToEnd } from '../processes.js';
import type { PostgresHome } from './unprivileged-home.js';

/** Name of the superuser of an embedded PostgreSQL. */
export const SUPERUSER = 'serai';

const dataOf = (home: PostgresHome): string => path.join(home.folder, 'data');

/** Major version of the embedded program, which must be the one that made the data. */
async function majorVersion(home: PostgresHome): Promise<string> {
  const { output } = await runToEnd(path.join(home.binaries, 'postgres'), ['--version']);
  return /(\d+)/.exec(output)?.[1] ?? '';
}

/** Makes the data folder on first use; refuses one that this program cannot open. Returns the superuser's password. */
export async function prepareData(home: PostgresHome, remedy: string): Promise<string> {
  const data = dataOf(home);
  const passwordFile = path.join(home.folder, 'superuser-password');
  if (!fs.existsSync(data)) return createData(home, passwordFile);
  const found = readIfThere(path.join(data, 'PG_VERSION')).trim();
  const wanted = await majorVersion(home);
  if (found !== wanted) {
    const made =
      found === ''
        ? 'is not a PostgreSQL data folder'
        : `was made by PostgreSQL ${found} and this is PostgreSQL ${wanted}`;
    throw new LocalError('ERR_LOCAL_DATA_STALE', `${data} ${made}: ${remedy}.`);
  }
  const password = readIfThere(passwordFile);
  if (password === '') {
    throw new LocalError(
      'ERR_LOCAL_DATA_STALE',
      `The password of the database in ${data} is lost (${passwordFile}): ${remedy}.`,
    );
  }
  return password;
}

/** Makes the data beside its place and renames it, so that an interrupted first start leaves nothing half made. */
async function createData(home: PostgresHome, passwordFile: string): Promise<string> {
  const unfinished = `${dataOf(home)}.new`;
  fs.rmSync(unfinished, { recursive: true, force: true });
  const password = randomBytes(24).toString('base64url');
  fs.writeFileSync(passwordFile, password, { mode: 0o600 });
  if (home.account) fs.chownSync(passwordFile, home.account.uid, home.account.gid);
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const { code, output } = await runToEnd(
    path.join(home.binaries, 'initdb'),
    ['-D', unfinished, ...locale, ...access],
    {
      cwd: '/',
      ...home.account,
    },
  );
  if (code !== 0) {
    const reason = output.trim().split('\n').at(-1);
    throw new LocalError(
      'ERR_LOCAL_POSTGRES_FAILED',
      `PostgreSQL could not make its data folder ${dataOf(home)} (${reason}): check its permissions and the free disk space.`,
    );
  }
  fs.renameSync(unfinished, dataOf(home));
  return password;
}

/** Ends the server that an earlier run of this data folder left behind, and removes what a dead one left. */
export async function clearLeftovers(home: PostgresHome, log: (line: string) => void): Promise<void> {
  const file = path.join(dataOf(home), 'postmaster.pid');
  const pid = Number(readIfThere(file).split('\n')[0]);
  const facts = processFacts(pid);
  if (facts?.command.includes(dataOf(home))) {
    log(`An earlier run left its PostgreSQL behind (process ${pid}); ending it.`);
    await endProcess(facts, 'SIGINT', 10_000);
  }
  fs.rmSync(file, { force: true });
}

function readIfThere(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
