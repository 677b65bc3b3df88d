import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { eventually } from '#libs/testing';
import {
  leafHash,
  proveConsistency,
  readRoot,
  serialiseAddCheckpoint,
  serialiseNote,
  serialiseVerifierKey,
  signCheckpoint,
  tileHashReader,
} from '#libs/transparency-log';
import { LogFolder } from '../../../apps/audit/src/tile/log-folder.js';
import { TileWriter } from '../../../apps/audit/src/tile/tile-writer.js';
import { LogWorld } from '../../integration/audit/log-world.js';
import { newLogKey } from './keys.js';

/** Envelopes that are signed and sent at once. */
const AT_ONCE = 500;

/** The log of the audit service: real envelopes over Kafka, sequenced into PostgreSQL, written as tiles, served over HTTP. */
export class ServedLog {
  readonly signer = newLogKey();
  size = 0;

  private constructor(
    private readonly world: LogWorld,
    private readonly app: NestFastifyApplication,
    /** Without a slash at its end. */
    private readonly address: string,
    private readonly place: string,
  ) {}

  static async begin(): Promise<ServedLog> {
    const world = await LogWorld.begin();
    const app = await world.start();
    const address = (await app.getUrl()).replace(/\/$/, '');
    const log = new ServedLog(world, app, address, await fs.mkdtemp(path.join(os.tmpdir(), 'foreign-')));
    await log.file('log.vkey', serialiseVerifierKey(log.signer.key));
    return log;
  }

  async end(): Promise<void> {
    await this.world.end();
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

  /** Sends what is missing; resolves to the checkpoint of that size, when it is published. The community's founding is in the log too. */
  async growTo(size: number): Promise<Buffer> {
    for (let missing = size - (await this.world.size()); missing > 0; missing -= AT_ONCE)
      await this.world.submit(Math.min(AT_ONCE, missing));
    await eventually(async () => expect(await this.world.size()).toBeGreaterThanOrEqual(size), { timeoutMs: 60_000 });
    return this.publish(size);
  }

  /** Writes the tiles of what is sequenced, then the checkpoint. */
  private async publish(size: number): Promise<Buffer> {
    await this.app.get(TileWriter).grow(this.size, size);
    this.size = size;
    const note = serialiseNote(this.sign(size, await readRoot(size, this.readHashes())));
    await this.app.get(LogFolder).publishCheckpoint(note);
    return note;
  }

  async entry(index: number): Promise<Buffer> {
    return (await this.world.leaves())[index]!.entry;
  }

  /** The `.tlog-proof` file that the service answers. */
  async proofOf(index: number): Promise<string> {
    const response = await fetch(`${this.address}/v1/proofs/${index}`);
    return response.text();
  }

  /** What a log that has grown asks its witness. */
  async growthSince(oldSize: number): Promise<Buffer> {
    const proof = await proveConsistency(oldSize, this.size, this.readHashes());
    const checkpoint = this.sign(this.size, await readRoot(this.size, this.readHashes()));
    return serialiseAddCheckpoint({ oldSize, proof, checkpoint });
  }

  /** A checkpoint of a history that is not that of the tiles, under the log's own key. */
  forked(size: number): Buffer {
    return serialiseNote(this.sign(size, leafHash(Buffer.from('another history'))));
  }

  /** Works on a log in which a file, by its path below the log, has one bit flipped, counted from the end where `at` is negative. */
  async withFlipped(name: string, at: number, work: () => Promise<void>): Promise<void> {
    const file = path.join(this.world.logFolder, name);
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

  private sign(size: number, root: Buffer) {
    return signCheckpoint({ origin: this.signer.key.name, size, root, extensions: [] }, [this.signer]);
  }

  private readHashes() {
    const folder = this.app.get(LogFolder);
    return tileHashReader(this.size, (tile) => folder.readTile(tile));
  }
}
