import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { writeKeystore } from '#libs/envelope';
import { eventually, type TestDatabase } from '#libs/testing';
import type { Around } from './access-point.js';
import { type MemberId, urnOf } from './community.js';

const CHECKOUT = path.resolve(__dirname, '../../../..');
const PASSPHRASE = 'passphrase of a test';

/** What a process of the access point needs beside its environment: files with keys. */
export class Premises {
  private constructor(
    readonly folder: string,
    readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async furnish(member: MemberId, { community, hub, idp }: Around, database: TestDatabase): Promise<Premises> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'serai-ap-'));
    const files = { roots: path.join(folder, 'roots.json'), keystore: path.join(folder, 'keys.jwe') };
    const witness = path.join(folder, 'witness.jwe');
    const participant = urnOf(member);
    await writeFile(files.roots, JSON.stringify(community.roots));
    await writeKeystore(files.keystore, PASSPHRASE, community.keystoreDocument(participant));
    await writeKeystore(witness, PASSPHRASE, community.log.witness(member).document);
    return new Premises(folder, {
      SERAI_ACCESS_POINT_PORT: '0',
      SERAI_ACCESS_POINT_PARTICIPANT: participant,
      SERAI_ACCESS_POINT_GATEWAY_URL: hub.url,
      SERAI_ACCESS_POINT_OIDC_ISSUER: idp.issuer,
      SERAI_ACCESS_POINT_OIDC_AUDIENCE: participant,
      SERAI_ACCESS_POINT_ATTACHMENTS: path.join(folder, 'attachments'),
      SERAI_POSTGRES_URL: database.url,
      SERAI_ROOT_KEYS: files.roots,
      SERAI_KEYSTORE: files.keystore,
      SERAI_KEYSTORE_PASSPHRASE: PASSPHRASE,
      SERAI_ACCESS_POINT_WITNESS_KEYSTORE: witness,
      SERAI_ACCESS_POINT_WITNESS_PASSPHRASE: PASSPHRASE,
      SERAI_LOG_LEVEL: 'trace',
      SERAI_PARENT_PIPE: '1',
    });
  }

  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

/** The access point as its own process, from what the build wrote. */
export class AccessPointProcess {
  /** Everything that it wrote, log and errors. */
  output = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(script: 'main' | 'migrate', environment: Readonly<Record<string, string>>) {
    const file = path.join(CHECKOUT, 'dist/apps/access-point/src', `${script}.js`);
    this.child = spawn(process.execPath, [file], { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** Its address, once it is ready to be used. */
  async ready(): Promise<string> {
    const address = await eventually(
      () => {
        const found = /"address":"(http[^"]+)"/.exec(this.output)?.[1];
        expect(found).toBeDefined();
        return found!;
      },
      { timeoutMs: 20_000 },
    );
    await eventually(async () => expect((await fetch(`${address}/readyz`)).status).toBe(200), { timeoutMs: 20_000 });
    return address;
  }

  /** Ends it like a power cut. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
}
