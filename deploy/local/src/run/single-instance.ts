import fs from 'node:fs';
import path from 'node:path';
import { endProcess, type ProcessFacts, processFacts } from '../infra/processes.js';
import { LocalError } from '../local-error.js';
import { type ProcessRecord, readRunFile, removeRunFile } from './run-file.js';

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
 * new one. A process counts as ours only when it started at the recorded moment and its command names our compiled apps.
 */
export async function endOrphans(dataDir: string, compiled: string, log: (line: string) => void): Promise<void> {
  const orphans = (readRunFile(dataDir)?.processes ?? []).flatMap((record) => orphanOf(record, compiled) ?? []);
  if (orphans.length > 0) {
    log(
      `An earlier run was killed and left ${orphans.map(({ name, pid }) => `${name} (process ${pid})`).join(', ')} behind; ending that.`,
    );
  }
  await Promise.all(orphans.map((orphan) => endProcess(orphan, 'SIGTERM', 5_000)));
  removeRunFile(dataDir);
}

function orphanOf(record: ProcessRecord, compiled: string): (ProcessFacts & { name: string }) | undefined {
  const facts = processFacts(record.pid);
  const isOurs = facts?.started === record.started && facts.command.includes(compiled);
  return isOurs ? { ...facts, name: record.name } : undefined;
}
