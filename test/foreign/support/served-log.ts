import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { eventually } from '#libs/testing';
import {
  leafHash,
  parseCheckpoint,
  parseNote,
  proveConsistency,
  serialiseAddCheckpoint,
  serialiseNote,
  serialiseVerifierKey,
  tileHashReader,
} from '#libs/transparency-log';
import { LogFolder } from '../../../apps/audit/src/tile/log-folder.js';
import { LogWorld } from '../../integration/audit/log-world.js';
import { WitnessedLog } from '../../integration/audit/support/witnessed-log.js';

/** Envelopes that are signed and sent at once. */
const AT_ONCE = 500;

/** The log of the audit service: real envelopes over Kafka, sequenced into PostgreSQL, written as tiles, signed by its signer, cosigned, served over HTTP. */
export class ServedLog {
  size = 0;

  private constructor(
    private readonly witnessed: WitnessedLog,
    private readonly app: NestFastifyApplication,
    /** Without a slash at its end. */
    private readonly address: string,
    private readonly place: string,
  ) {}

  static async begin(): Promise<ServedLog> {
    const world = await LogWorld.begin();
    const witnessed = await WitnessedLog.begin(world);
    const app = await world.start();
    const address = (await app.getUrl()).replace(/\/$/, '');
    const place = await fs.mkdtemp(path.join(os.tmpdir(), 'foreign-'));
    const log = new ServedLog(witnessed, app, address, place);
    await log.file('log.vkey', serialiseVerifierKey(witnessed.signer.key));
    // The founding of the community is in the log too; after it, nothing comes that the test does not send.
    await world.expectWhole();
    log.size = await world.size();
    return log;
  }

  async end(): Promise<void> {
    await this.witnessed.end();
    await fs.rm(this.place, { recursive: true });
  }

  /** Where the checkpoint and the tiles are; without a slash at its end. */
  get url(): string {
    return `${this.address}/log`;
  }

  get keyFile(): string {
    return path.join(this.place, 'log.vkey');
  }

  /** Writes a file for a tool, and says where it is. */
  async file(name: string, content: string | Uint8Array): Promise<string> {
    const file = path.join(this.place, name);
    await fs.writeFile(file, content);
    return file;
  }

  /** Sends what is missing; resolves to the checkpoint of that size, when it is published. */
  async growTo(size: number): Promise<Buffer> {
    for (let missing = size - this.size; missing > 0; missing -= AT_ONCE)
      await this.witnessed.world.submit(Math.min(AT_ONCE, missing));
    this.size = size;
    return eventually(
      async () => {
        const note = await this.published();
        expect(parseCheckpoint(parseNote(note).text).size).toBe(size);
        return note;
      },
      { timeoutMs: 60_000 },
    );
  }

  async entry(index: number): Promise<Buffer> {
    return (await this.witnessed.world.leaves())[index]!.entry;
  }

  /** The `.tlog-proof` file that the service answers. */
  async proofOf(index: number): Promise<string> {
    const response = await fetch(`${this.address}/v1/proofs/${index}`);
    return response.text();
  }

  /** What a log that has grown asks its witness. */
  async growthSince(oldSize: number): Promise<Buffer> {
    const proof = await proveConsistency(oldSize, this.size, this.readHashes());
    return serialiseAddCheckpoint({ oldSize, proof, checkpoint: parseNote(await this.published()) });
  }

  /** A checkpoint of a history that is not that of the tiles, under the log's own key. */
  async forked(size: number): Promise<Buffer> {
    const root = leafHash(Buffer.from('another history'));
    return serialiseNote((await this.witnessed.signer.heads.sign(size, root)).note);
  }

  /** Works on a log in which a file, by its path below the log, has one bit flipped, counted from the end where `at` is negative. */
  async withFlipped(name: string, at: number, work: () => Promise<void>): Promise<void> {
    const file = path.join(this.witnessed.world.logFolder, name);
    const bytes = await fs.readFile(file);
    const changed = Buffer.from(bytes);
    changed[at < 0 ? bytes.length + at : at]! ^= 0x01;
    await fs.writeFile(file, changed);
    try {
      await work();
    } finally {
      await fs.writeFile(file, bytes);
    }
  }

  private async published(): Promise<Buffer> {
    return (await this.app.get(LogFolder).readCheckpoint()) ?? Buffer.alloc(0);
  }

  private readHashes() {
    const folder = this.app.get(LogFolder);
    return tileHashReader(this.size, (tile) => folder.readTile(tile));
  }
}
