import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { eventually, testPostgresUrl } from '#libs/testing';

const run = promisify(execFile);
const SIZE = '128m';

/** A small disk for one database of the test's PostgreSQL: it can be filled and freed. */
export class SmallDisk {
  private constructor(
    private readonly folder: string,
    private readonly tablespace: string,
  ) {}

  /**
   * Undefined, with a sentence, where there can be none: the user may not mount, or the server runs elsewhere.
   *
   * @param parent folder in which it is mounted
   */
  static async mount(parent: string, tablespace: string): Promise<SmallDisk | undefined> {
    const folder = path.join(parent, 'disk');
    try {
      const [{ data_directory: data }] = (await asAdmin('show data_directory')) as [{ data_directory: string }];
      const { uid } = fs.statSync(data);
      fs.mkdirSync(folder);
      fs.chmodSync(parent, 0o711);
      await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},uid=${uid},mode=700`, 'tmpfs', folder]);
    } catch (error) {
      process.stderr.write(
        `LEFT OUT: a full disk of a database; no small disk can be mounted for it here (${String(error)}).\n`,
      );
      return undefined;
    }
    const disk = new SmallDisk(folder, tablespace);
    const own = disk.own();
    await asAdmin(`create tablespace ${tablespace} location ${pg.escapeLiteral(own)}`);
    return disk;
  }

  /** The server wants a folder that holds nothing else. */
  private own(): string {
    const { uid, gid } = fs.statSync(this.folder);
    const own = path.join(this.folder, 'tables');
    fs.mkdirSync(own, { mode: 0o700 });
    fs.chownSync(own, uid, gid);
    return own;
  }

  /** Moves a database here whose users have gone. */
  async take(database: string): Promise<void> {
    await move(database, this.tablespace);
  }

  /** Leaves no room for anything. */
  fill(): void {
    const file = fs.openSync(this.ballast, 'w');
    const piece = Buffer.alloc(1_048_576);
    try {
      for (let bytes = piece.length; bytes >= 1; ) {
        try {
          fs.writeSync(file, piece, 0, bytes);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          bytes = Math.floor(bytes / 2);
        }
      }
    } finally {
      fs.closeSync(file);
    }
  }

  free(): void {
    fs.rmSync(this.ballast, { force: true });
  }

  /** Gives the database back whose users have gone, and goes. */
  async unmount(database: string): Promise<void> {
    this.free();
    await move(database, 'pg_default');
    await asAdmin(`drop tablespace ${this.tablespace}`);
    await run('umount', [this.folder]);
  }

  private get ballast(): string {
    return path.join(this.folder, 'ballast');
  }
}

/** Connections of a process that was killed end a moment later. */
async function move(database: string, tablespace: string): Promise<void> {
  await eventually(() => asAdmin(`alter database ${pg.escapeIdentifier(database)} set tablespace ${tablespace}`), {
    timeoutMs: 20_000,
  });
}

async function asAdmin(sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: testPostgresUrl() });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
