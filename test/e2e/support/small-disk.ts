import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { SmallDisk } from '#deploy/local';
import { testPostgresUrl } from '#libs/testing';

/** A small disk that holds one database of the test's PostgreSQL. */
export class DatabaseDisk {
  private constructor(
    private readonly disk: SmallDisk,
    private readonly tablespace: string,
  ) {}

  /**
   * Makes an empty database on a small disk. Undefined, with a sentence, where there can be none: the user may not mount, or the server runs elsewhere.
   *
   * @param parent folder in which the disk is mounted
   */
  static async mount(parent: string, database: string): Promise<DatabaseDisk | undefined> {
    const tablespace = `${database}_disk`;
    try {
      const [{ data_directory: data }] = (await asAdmin('show data_directory')) as [{ data_directory: string }];
      const { uid, gid } = fs.statSync(data);
      fs.chmodSync(parent, 0o711);
      const folder = path.join(parent, tablespace);
      const disk = await SmallDisk.mount(folder, uid);
      // The server wants a folder that holds nothing else.
      const own = path.join(folder, 'tables');
      fs.mkdirSync(own, { mode: 0o700 });
      fs.chownSync(own, uid, gid);
      await asAdmin(`create tablespace ${tablespace} location ${pg.escapeLiteral(own)}`);
      await asAdmin(`create database ${database} tablespace ${tablespace}`);
      return new DatabaseDisk(disk, tablespace);
    } catch (error) {
      process.stderr.write(
        `LEFT OUT: a full disk of a database; no small disk can be mounted for it here (${String(error)}).\n`,
      );
      return undefined;
    }
  }

  /** Leaves no room for anything. */
  fill(): Promise<void> {
    return this.disk.fill();
  }

  free(): Promise<void> {
    return this.disk.free();
  }

  /** Goes, once its database has been dropped. */
  async unmount(): Promise<void> {
    await asAdmin(`drop tablespace ${this.tablespace}`);
    await this.disk.unmount();
  }
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
