import fs from 'node:fs';
import path from 'node:path';
import { endProcess, type ProcessFacts, processFacts } from '../infra/processes.js';
import { LocalError } from '../local-error.js';
import { type ProcessRecord, readRunFile, removeRunFile } from './run-file.js';

/** Names of the servers in the run file: they end after the apps that use them. */
const SERVERS = ['PostgreSQL', 'Kafka'];

const lockOf = (dataDir: string): string => path.join(dataDir, 'start.lock');

/**
 * Claims a data folder for this process; the claim of a process that is gone counts for nothing.
 *
 * @returns what gives the claim back
 * @throws LocalError ERR_LOCAL_ALREADY_RUNNING with the sentence given
 */
export function claimDataFolder(dataDir: string, sentence: (pid: number) => string): () => void {
  const file = lockOf(dataDir);
  const own = processFacts(process.pid);
  const mine = JSON.stringify({ pid: process.pid, started: own?.started });
  for (let attempt = 0; ; attempt += 1) {
    try {
      fs.writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
      return () => fs.rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === 3) throw error;
    }
    const holder = runningStarter(dataDir);
    if (holder !== undefined) throw new LocalError('ERR_LOCAL_ALREADY_RUNNING', sentence(holder));
    fs.rmSync(file, { force: true });
  }
}

/** Process id of the living holder of a data folder, if any. */
export function runningStarter(dataDir: string): number | undefined {
  try {
    const { pid, started } = JSON.parse(fs.readFileSync(lockOf(dataDir), 'utf8')) as { pid: number; started: string };
    return processFacts(pid)?.started === started ? pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Ends what a killed earlier run left working: a forgotten consumer would go on as a member of its group and keep partitions from the
 * new one. A process counts as ours only when it started at the recorded moment and its command names one of our folders.
 */
export async function endOrphans(
  dataDir: string,
  folders: readonly string[],
  log: (line: string) => void,
): Promise<void> {
  const orphans = (readRunFile(dataDir)?.processes ?? []).flatMap((record) => orphanOf(record, folders) ?? []);
  if (orphans.length > 0) {
    const names = orphans.map(({ name, pid }) => `${name} (process ${pid})`).join(', ');
    log(`An earlier run was killed and left ${names} behind; ending that.`);
  }
  const servers = orphans.filter(({ name }) => SERVERS.includes(name));
  await Promise.all(orphans.map(async (orphan) => servers.includes(orphan) || endProcess(orphan, 'SIGTERM', 5_000)));
  // To PostgreSQL, SIGINT is the polite signal that does not wait for its clients.
  await Promise.all(servers.map((server) => endProcess(server, 'SIGINT', 15_000)));
  removeRunFile(dataDir);
}

function orphanOf(record: ProcessRecord, folders: readonly string[]): (ProcessFacts & { name: string }) | undefined {
  const facts = processFacts(record.pid);
  const isOurs = facts?.started === record.started && folders.some((folder) => facts.command.includes(folder));
  return isOurs ? { ...facts, name: record.name } : undefined;
}
