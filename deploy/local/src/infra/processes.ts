import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the operating system knows of a living process. `started` tells two processes with the same id apart. */
export interface ProcessFacts {
  readonly pid: number;
  readonly started: string;
  readonly command: string;
}

/** Facts of a living process, or undefined when there is none with this id (a zombie counts as none). */
export function processFacts(pid: number): ProcessFacts | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return process.platform === 'linux' ? factsFromProc(pid) : factsFromPs(pid);
}

function factsFromProc(pid: number): ProcessFacts | undefined {
  try {
    // The program name in parentheses may hold spaces: the numbered fields start after the last parenthesis.
    const fields = fs
      .readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\)\s/s, '')
      .split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, started: fields[19] ?? '', command };
  } catch {
    return undefined;
  }
}

function factsFromPs(pid: number): ProcessFacts | undefined {
  try {
    const line = execFileSync('ps', ['-p', String(pid), '-o', 'stat=,lstart=,command='], { encoding: 'utf8' }).trim();
    const match = /^(\S+)\s+(\w+ \w+ +\d+ [\d:]+ \d+)\s+(.*)$/s.exec(line);
    if (!match || match[1]?.startsWith('Z')) return undefined;
    return { pid, started: match[2] ?? '', command: match[3] ?? '' };
  } catch {
    return undefined;
  }
}

/** True while the very process that `facts` describe is alive (not another one that got its id). */
export function isSameProcess(facts: Pick<ProcessFacts, 'pid' | 'started'>): boolean {
  return processFacts(facts.pid)?.started === facts.started;
}

/** Asks a process to end, waits, then ends it by force. Resolves when it is gone. */
export async function endProcess(facts: ProcessFacts, signal: NodeJS.Signals, patienceMs: number): Promise<void> {
  const send = (what: NodeJS.Signals): void => {
    try {
      if (isSameProcess(facts)) process.kill(facts.pid, what);
    } catch {
      // It ended between the look and the signal.
    }
  };
  send(signal);
  for (let waited = 0; isSameProcess(facts); waited += 20) {
    if (waited >= patienceMs) send('SIGKILL');
    await sleep(20);
  }
}

/** Runs a program to its end. A program that does not exist ends with code 127. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'> = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 128, output }));
  });
}

/** Resolves, with a signal's name or `code N`, when a process ends; one that has ended already counts. */
export async function untilEnded(child: ChildProcess): Promise<string> {
  const how = (code: number | null, signal: string | null): string => signal ?? `code ${code}`;
  if (child.exitCode !== null || child.signalCode !== null) return how(child.exitCode, child.signalCode);
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(how(code, signal))));
}

/** The lines of a start before stay beside the new ones. */
export function setLogAside(logFile: string): void {
  if (fs.existsSync(logFile)) fs.renameSync(logFile, logFile.replace(/\.log$/, '.previous.log'));
}

/** Says so when a server ends without having been asked. Call the returned function before asking it. */
export function reportUnasked(
  child: ChildProcess,
  name: string,
  { logFile, log }: { readonly logFile: string; readonly log: (line: string) => void },
): () => void {
  const report = (code: number | null, signal: string | null): void =>
    log(`${name} ended by itself (${signal ?? `code ${code}`}); its last lines are in ${logFile}.`);
  child.once('exit', report);
  return () => void child.removeListener('exit', report);
}

const GUARD = `
read -r word
[ "$word" = release ] && exit 0
kill -"$1" "$2" 2>/dev/null
n=0
while kill -0 "$2" 2>/dev/null && [ "$n" -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
kill -KILL "$2" 2>/dev/null
`;

/**
 * Ties the life of a program that knows nothing of us (PostgreSQL, a JVM) to ours: a shell waits for the end of its input, which
 * comes even when we are killed with SIGKILL, then ends the program. Call the returned function once the program has ended.
 */
export function guardProcess(pid: number, signal: 'INT' | 'TERM'): () => void {
  return startGuard(GUARD, [signal, String(pid)]);
}

const FOLDER_GUARD = `
read -r word
[ "$word" = release ] && exit 0
for n in 1 2 3 4 5 6; do sleep 2; umount -l "$1"/* 2>/dev/null; rm -rf -- "$1" && [ "$n" -gt 1 ] && exit 0; done
`;

/** Removes a temporary folder, and the small disks in it, some seconds after we were killed; call the returned function when it was removed in order. */
export function guardFolder(folder: string): () => void {
  return startGuard(FOLDER_GUARD, [folder]);
}

function startGuard(script: string, args: readonly string[]): () => void {
  const child = spawn('/bin/sh', ['-c', script, 'serai-guard', ...args], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  // A guard that is gone cannot be released; nothing is lost by that.
  child.stdin.on('error', () => undefined);
  return () => void child.stdin.end('release\n');
}
