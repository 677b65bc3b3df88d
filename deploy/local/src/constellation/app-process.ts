import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalError } from '../local-error.js';

/** How one process of an app is started. */
export interface AppCommand {
  /** Name of the instance, unique in a constellation: `gateway`, `access-point-rs`. */
  readonly name: string;
  /** Compiled script, absolute. */
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where it answers; absent for a one-shot command. */
  readonly address?: string;
}

export interface AppProcessOptions {
  /** File that collects every line of every start. */
  readonly logFile: string;
  readonly onLine: (line: string) => void;
}

const NODE_FLAGS = ['--enable-source-maps'];
const REMEMBERED_LINES = 40;
const READY_MS = 90_000;
const STOP_MS = 12_000;

/**
 * One app as a process of its own: own process group, so that a Ctrl-C of the terminal reaches only us and we end things in order; and
 * a pipe on its standard input, whose end tells it that we are gone, even by SIGKILL.
 */
export class AppProcess {
  private child: ChildProcess | undefined;
  private exited: Promise<string> = Promise.resolve('never started');
  private lastLines: string[] = [];

  constructor(
    readonly command: AppCommand,
    private readonly options: AppProcessOptions,
  ) {}

  /** The same with other variables. */
  with(env: Readonly<Record<string, string>>): AppProcess {
    return new AppProcess({ ...this.command, env }, this.options);
  }

  get name(): string {
    return this.command.name;
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.isRunning() ? this.child?.pid : undefined;
  }

  isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Starts the process; `untilReady` tells when it serves. */
  start(): void {
    if (this.isRunning()) return;
    this.lastLines = [];
    const child = spawn(process.execPath, [...NODE_FLAGS, this.command.script], {
      cwd: path.dirname(this.command.script),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...this.command.env, SERAI_PARENT_PIPE: '1' },
    });
    child.stdin.on('error', () => undefined);
    this.child = child;
    const file = fs.createWriteStream(this.options.logFile, { flags: 'a', mode: 0o600 });
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => file.end(() => resolve(signal ?? `code ${code}`)));
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.pipe(file, { end: false });
      createInterface({ input: stream }).on('line', (line) => this.record(line));
    }
  }

  private record(line: string): void {
    this.lastLines.push(line);
    if (this.lastLines.length > REMEMBERED_LINES) this.lastLines.shift();
    this.options.onLine(line);
  }

  /** Resolves when `/readyz` answers 200; throws with the last log lines when the process ends before, or time is up. */
  async untilReady(timeoutMs = READY_MS): Promise<void> {
    const begun = Date.now();
    let answer = 'no answer';
    while (Date.now() - begun < timeoutMs) {
      if (!this.isRunning()) throw this.failure(`ended with ${await this.exited} before it was ready`);
      answer = await readiness(this.command.address ?? '');
      if (answer === 'ready') return;
      await sleep(100);
    }
    throw this.failure(`was not ready within ${timeoutMs / 1000} s (${answer})`);
  }

  /** Resolves to how the process ended: a signal's name or `code N`. */
  async untilExit(): Promise<string> {
    return this.exited;
  }

  private failure(what: string): LocalError {
    const lines = this.lastLines.map((line) => `\n    ${line}`).join('');
    return new LocalError(
      'ERR_LOCAL_APP_FAILED',
      `${this.name} ${what}. All its lines are in ${this.options.logFile}; the last ones:${lines}\n`,
    );
  }

  /** Sends a signal and, for SIGKILL, waits until the process is gone. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.child?.kill(signal);
    if (signal === 'SIGKILL') await this.exited;
  }

  /** Ends the process: asks first, then by force. */
  async stop(): Promise<void> {
    if (!this.isRunning()) return;
    this.child?.kill('SIGTERM');
    const patience = setTimeout(() => this.child?.kill('SIGKILL'), STOP_MS);
    await this.exited;
    clearTimeout(patience);
  }

  /** Runs a one-shot command to its end; throws with its last lines unless it ended with code 0. */
  async run(): Promise<void> {
    this.start();
    const end = await this.exited;
    if (end !== 'code 0') throw this.failure(`ended with ${end}`);
  }
}

async function readiness(address: string): Promise<string> {
  try {
    const response = await fetch(`${address}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok ? 'ready' : `/readyz answers ${response.status}`;
  } catch {
    return 'no answer';
  }
}
