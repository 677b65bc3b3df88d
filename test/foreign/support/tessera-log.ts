import fs from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '#libs/testing';
import type { SignerKey } from '#libs/transparency-log';
import { privateKeyText } from './keys.js';
import { Tool } from './run-tool.js';

/** A log of Tessera in a folder, run by `go/tessera-log`. */
export class TesseraLog {
  private tool: Tool | undefined;

  constructor(
    readonly folder: string,
    private readonly key: SignerKey,
  ) {}

  /** What Tessera tells. */
  get told(): string {
    return this.tool?.stderr ?? '';
  }

  async start(policy: string): Promise<this> {
    const [keyFile, policyFile] = [`${this.folder}.key`, `${this.folder}.policy`];
    await fs.writeFile(keyFile, privateKeyText(this.key));
    await fs.writeFile(policyFile, policy);
    this.tool = new Tool('tessera-log', [this.folder, keyFile, policyFile]);
    return this;
  }

  send(...entries: string[]): void {
    this.tool?.child.stdin?.write(`${entries.join('\t')}\n`);
  }

  /** Adds entries; resolves to the checkpoint that is published with them. */
  async add(...entries: string[]): Promise<Buffer> {
    const before = this.tool?.stdout.length;
    this.send(...entries);
    const line = await eventually(() => {
      const said = this.tool?.stdout.slice(before) ?? '';
      expect(said).toMatch(/\n$/);
      return said;
    });
    return Buffer.from(line, 'base64');
  }

  /** Adds entries that are not published; resolves when Tessera has said why. */
  async addInVain(reason: string, ...entries: string[]): Promise<void> {
    this.send(...entries);
    await eventually(() => expect(this.told).toContain(reason));
    expect(this.tool?.stdout).toBe('');
  }

  /** How many entries the checkpoint covers that is published; zero also when there is none. */
  async publishedSize(): Promise<number> {
    const checkpoint = await fs.readFile(path.join(this.folder, 'checkpoint'), 'utf8').catch(() => '');
    return Number(checkpoint.split('\n')[1] ?? 0);
  }

  /** Ends with its input; resolves to its exit code. */
  async finish(): Promise<number | undefined> {
    const { tool } = this;
    this.tool = undefined;
    tool?.child.stdin?.end();
    return (await tool?.end())?.code;
  }

  async kill(): Promise<void> {
    const { tool } = this;
    this.tool = undefined;
    if (tool === undefined || tool.child.exitCode !== null) return;
    const ended = tool.end();
    tool.child.kill('SIGKILL');
    await ended;
  }
}
