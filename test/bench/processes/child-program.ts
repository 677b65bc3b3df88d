import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

const FLAGS = ['--enable-source-maps'];

interface Failure {
  readonly kind: 'failed';
  readonly message: string;
}

/** A part of the bench in a process of its own, so that it neither slows the others down nor is counted with them. It ends when its channel to us does. */
export class ChildProgram<Order extends object, Answer extends { readonly kind: string }> {
  private readonly child: ChildProcess;
  private readonly answers: (Answer | Failure)[] = [];
  private ended: Error | undefined;
  private changed = Promise.withResolvers<void>();

  /** @param script compiled, relative to the compiled folder of the bench */
  constructor(
    private readonly script: string,
    folder: string,
  ) {
    // What it prints is for people, never part of the result.
    this.child = spawn(process.execPath, [...FLAGS, path.join(folder, script)], { stdio: ['ignore', 2, 2, 'ipc'] });
    this.child.on('message', (answer: Answer | Failure) => {
      this.answers.push(answer);
      this.tell();
    });
    this.child.once('exit', (code, signal) => this.end(`${script} ended (${signal ?? `code ${code}`})`));
    this.child.once('error', (error) => this.end(`${script} did not start (${error.message})`));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  send(order: Order): void {
    this.child.send(order, (error) => error && this.end(`${this.script} takes no orders (${error.message})`));
  }

  /** The next answer, which is of this kind. */
  async next<Kind extends Answer['kind']>(kind: Kind): Promise<Extract<Answer, { readonly kind: Kind }>> {
    while (this.answers.length === 0) {
      if (this.ended) throw this.ended;
      await this.changed.promise;
    }
    const answer = this.answers.shift()!;
    if (answer.kind === kind) return answer as Extract<Answer, { readonly kind: Kind }>;
    throw new Error('message' in answer ? `${this.script} failed: ${answer.message}` : `unexpected "${answer.kind}"`);
  }

  stop(): void {
    if (this.child.connected) this.child.disconnect();
  }

  private end(reason: string): void {
    this.ended ??= new Error(reason);
    this.tell();
  }

  private tell(): void {
    this.changed.resolve();
    this.changed = Promise.withResolvers<void>();
  }
}
