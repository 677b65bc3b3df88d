import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

export type ToolName = 'fsck' | 'checker' | 'tessera-log';

/** What a tool said, and how it ended. */
export interface ToolRun {
  /** Undefined when it was killed because it took too long. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A tool that takes longer hangs. */
const LIMIT_MS = 20_000;

/** A tool that runs, with what it has said so far. */
export class Tool {
  readonly child: ChildProcess;
  private readonly closed: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor(name: ToolName, args: readonly string[]) {
    const folder = process.env['SERAI_TEST_FOREIGN_TOOLS'];
    if (folder === undefined) throw new Error('The tools are not built: run npm run test:foreign.');
    this.child = spawn(path.join(folder, name), args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.closed = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', resolve);
    });
    // Whoever waits for the end is told.
    this.closed.catch(() => undefined);
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  /** Waits until it has ended, and ends it when it takes too long. */
  async end(limitMs = LIMIT_MS): Promise<ToolRun> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), limitMs);
    const code = await this.closed.finally(() => clearTimeout(timer));
    return { code: code ?? undefined, stdout: this.stdout, stderr: this.stderr };
  }
}

/** Runs a tool to its end. */
export function runTool(name: ToolName, args: readonly string[], limitMs?: number): Promise<ToolRun> {
  return new Tool(name, args).end(limitMs);
}
