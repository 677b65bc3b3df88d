import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { SeraiError } from '#libs/errors';

/** Held by a migrating process; one per schema of a database. */
const MIGRATION_LOCK = `hashtext('serai:migrate'), hashtext($1)`;

function schemaOf(dataSource: DataSource): string {
  return String((dataSource.options as { schema?: string }).schema);
}

/**
 * Brings the schema up to date: creates it when missing, then runs the pending migrations, each in its own transaction. Several processes may
 * call it at once: an advisory lock lets one work and the others find the work done.
 *
 * @returns names of the migrations that this call ran
 */
export async function runMigrations(dataSource: DataSource): Promise<string[]> {
  const schema = schemaOf(dataSource);
  const session = dataSource.createQueryRunner();
  try {
    await session.query(`select pg_advisory_lock(${MIGRATION_LOCK})`, [schema]);
    await createSchema(session, schema);
    const executed = await dataSource.runMigrations({ transaction: 'each' });
    return executed.map((migration) => migration.name);
  } finally {
    // A session lock would outlive the pooled connection's return.
    await session.query(`select pg_advisory_unlock(${MIGRATION_LOCK})`, [schema]).catch(() => undefined);
    await session.release();
  }
}

/** `create schema if not exists` asks for a privilege on the database even when the schema exists; a service's role need not have it. */
async function createSchema(session: QueryRunner, schema: string): Promise<void> {
  if (await session.hasSchema(schema)) return;
  await session.query(`create schema "${schema}"`);
}

/**
 * Refuses, with `ERR_DATABASE_SCHEMA` and a sentence that says what to run, when the schema is older or newer than the program's migrations.
 */
export async function assertSchemaCurrent(dataSource: DataSource): Promise<void> {
  const schema = schemaOf(dataSource);
  const wanted = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
  const found = await executedMigrations(dataSource);
  const missing = wanted.filter((name) => !found.includes(name));
  if (missing.length > 0) {
    const command = `node dist/apps/${schema.replaceAll('_', '-')}/src/migrate.js`;
    throw new SeraiError(
      'ERR_DATABASE_SCHEMA',
      `The database schema "${schema}" is older than this program: ${missing.join(', ')} did not run. Run "${command}", then start again.`,
      { detail: { schema, missing } },
    );
  }
  const unknown = found.filter((name) => !wanted.includes(name));
  if (unknown.length > 0) {
    throw new SeraiError(
      'ERR_DATABASE_SCHEMA',
      `The database schema "${schema}" is newer than this program: it holds ${unknown.join(', ')}. Start the version that brought them.`,
      { detail: { schema, unknown } },
    );
  }
}

/** Empty also when nobody ever migrated: the table of migrations is then missing. */
async function executedMigrations(dataSource: DataSource): Promise<string[]> {
  const session = dataSource.createQueryRunner();
  try {
    if (!(await session.hasTable(`${schemaOf(dataSource)}.migrations`))) return [];
    const executed = await new MigrationExecutor(dataSource, session).getExecutedMigrations();
    return executed.map((migration) => migration.name);
  } finally {
    await session.release();
  }
}

/**
 * SQL statements that the entities still ask for after all migrations; empty when they agree.
 *
 * @example expect(await schemaDrift(dataSource)).toEqual([])
 */
export async function schemaDrift(dataSource: DataSource): Promise<string[]> {
  const statements = await dataSource.driver.createSchemaBuilder().log();
  return statements.upQueries.map(({ query }) => query);
}
