import pg from 'pg';

/** What a PostgreSQL server has done since it was started. Unlike times, these counts are the same on a busy machine. */
export interface PostgresWork {
  readonly commitsByDatabase: Readonly<Record<string, number>>;
  /** Flushes of the write-ahead log to disk. */
  readonly walFlushes: number;
  /** Transactions that waited for each other until one was broken off, a second later: a defect of ours, in whatever order it happens. */
  readonly deadlocks: number;
}

/** Reads the counters of the measured server over a connection of its own. */
export class PostgresWorkRepository {
  private constructor(private readonly client: pg.Client) {}

  static async connect(adminUrl: string): Promise<PostgresWorkRepository> {
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    return new PostgresWorkRepository(client);
  }

  /** Backends report their counts within a second. */
  async read(): Promise<PostgresWork> {
    const commits = await this.client.query<{ name: string; commits: number; deadlocks: number }>(
      "select datname as name, xact_commit::int as commits, deadlocks::int from pg_stat_database where datname like 'serai%'",
    );
    const flushes = await this.client.query<{ flushes: number }>(
      "select coalesce(sum(fsyncs), 0)::int as flushes from pg_stat_io where object = 'wal'",
    );
    return {
      commitsByDatabase: Object.fromEntries(commits.rows.map(({ name, commits: count }) => [name, count])),
      walFlushes: flushes.rows[0]!.flushes,
      deadlocks: commits.rows.reduce((sum, { deadlocks }) => sum + deadlocks, 0),
    };
  }

  async end(): Promise<void> {
    await this.client.end();
  }
}
