import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createKeystore, openKeystore } from '#libs/envelope';
import { eventually } from '#libs/testing';
import type { VerifierKey } from '#libs/transparency-log';
import { SignerClient } from '../../../../apps/audit/src/checkpoint/signer-client.js';
import { HeadSigner } from '../../../../apps/audit/src/signer/signed-head.js';
import { ORIGIN } from './test-log.js';
import type { TestWitness } from './test-witness.js';

const PASSPHRASE = 'passphrase of a test';

/** The signer as a process of its own, from what the build wrote, with its key and folders. */
export class SignerProcess {
  /** Everything that it printed since its last start. */
  output = '';
  private child: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    public heads: HeadSigner,
    private readonly keystore: { readonly path: string; readonly passphrase: string },
    private readonly origin: string,
  ) {}

  /** @param keystore a fresh one unless given */
  static async prepare(
    keystore?: { readonly path: string; readonly passphrase: string },
    origin = ORIGIN,
  ): Promise<SignerProcess> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'serai-signer-'));
    const own = keystore ?? { path: path.join(folder, 'signer.jwe'), passphrase: PASSPHRASE };
    if (keystore === undefined) await createKeystore(own.path, own.passphrase);
    await mkdir(path.join(folder, 'state'), { mode: 0o700 });
    return new SignerProcess(folder, new HeadSigner(origin, await openKeystore(own.path, own.passphrase)), own, origin);
  }

  get key(): VerifierKey {
    return this.heads.key;
  }

  get socket(): string {
    return path.join(this.folder, 'door', 'signer.sock');
  }

  get stateFile(): string {
    return path.join(this.folder, 'state', 'checkpoint');
  }

  get client(): SignerClient {
    return new SignerClient(this.socket);
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** What an operator does to the keys, by the program that the build wrote; resolves to what it printed. */
  async changeKey(...args: string[]): Promise<string[]> {
    const { path: file, passphrase } = this.keystore;
    const env = {
      PATH: process.env['PATH'],
      SERAI_AUDIT_ORIGIN: this.origin,
      SERAI_SIGNER_KEYSTORE: file,
      SERAI_SIGNER_KEYSTORE_PASSPHRASE: passphrase,
    };
    const program = path.resolve('dist/apps/audit/src/signer-key.js');
    const printed = execFileSync(process.execPath, [program, ...args], { env, encoding: 'utf8', stdio: 'pipe' });
    this.heads = new HeadSigner(this.origin, await openKeystore(file, passphrase));
    return printed.trimEnd().split('\n');
  }

  /** Put before its command, such as a tracer. */
  wrapper: readonly string[] = [];

  /** Starts it and waits for nothing. */
  spawn(witnesses: readonly TestWitness[], changes: Record<string, string> = {}): ChildProcess {
    this.output = '';
    const program = path.resolve('dist/apps/audit/src/signer.js');
    const env = {
      PATH: process.env['PATH'],
      SERAI_AUDIT_ORIGIN: this.origin,
      SERAI_AUDIT_WITNESS_URLS: witnesses.map(({ name, url }) => `${name}=${url}`).join(','),
      SERAI_SIGNER_SOCKET: this.socket,
      SERAI_SIGNER_STATE: path.dirname(this.stateFile),
      SERAI_SIGNER_KEYSTORE: this.keystore.path,
      SERAI_SIGNER_KEYSTORE_PASSPHRASE: this.keystore.passphrase,
      SERAI_PARENT_PIPE: '1',
      ...changes,
    };
    const [command = '', ...args] = [...this.wrapper, process.execPath, program];
    const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const note = (text: Buffer) => {
      this.output += text.toString('utf8');
    };
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    this.child = child;
    return child;
  }

  /** Starts it; resolves when it signs. */
  async start(witnesses: readonly TestWitness[]): Promise<void> {
    this.spawn(witnesses);
    await eventually(() => this.client.state());
  }

  /** Starts it; resolves to what it printed when it has ended by itself. */
  async refusal(witnesses: readonly TestWitness[], changes: Record<string, string> = {}): Promise<string> {
    const child = this.spawn(witnesses, changes);
    const closed = once(child, 'close');
    try {
      await eventually(() => expect(child.exitCode).toBe(1), { timeoutMs: 15_000 });
      await closed;
    } finally {
      await this.end();
    }
    return this.output;
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }

  async remove(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true, force: true });
  }
}
