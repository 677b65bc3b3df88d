import pg from 'pg';

/** A database with the role that owns it, or one schema of it. */
export interface RoleGrant {
  readonly role: string;
  readonly password: string;
  readonly database: string;
  /** The only schema that the role may use; absent when it owns the whole database. */
  readonly schema?: string;
}

const identifier = pg.escapeIdentifier;
const literal = pg.escapeLiteral;

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'serai-local' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The same server and user, another database. */
export function urlOfDatabase(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** URL with which a role reaches its database. */
export function urlOfRole(adminUrl: string, { role, password, database }: RoleGrant): string {
  const url = new URL(urlOfDatabase(adminUrl, database));
  url.username = role;
  url.password = password;
  return url.href;
}

/**
 * Makes roles, databases and schemas that are not there yet, and sets the passwords. Nobody else may connect to a database, and a role
 * with a schema finds only that one.
 */
export async function ensureDatabases(adminUrl: string, grants: readonly RoleGrant[]): Promise<void> {
  await withClient(adminUrl, async (client) => {
    for (const grant of grants) await ensureRole(client, grant);
    for (const database of new Set(grants.map((grant) => grant.database))) await ensureDatabase(client, database);
    for (const grant of grants) await grantDatabase(client, grant);
  });
  for (const grant of grants) {
    await withClient(urlOfDatabase(adminUrl, grant.database), (client) => ensureSchema(client, grant));
  }
}

async function ensureRole(client: pg.Client, { role, password }: RoleGrant): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [role]);
  const verb = rowCount === 0 ? 'create' : 'alter';
  await client.query(`${verb} role ${identifier(role)} login password ${literal(password)}`);
}

async function ensureDatabase(client: pg.Client, database: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
  if (rowCount === 0) await client.query(`create database ${identifier(database)}`);
  await client.query(`revoke all on database ${identifier(database)} from public`);
}

async function grantDatabase(client: pg.Client, { role, database, schema }: RoleGrant): Promise<void> {
  if (schema === undefined) await client.query(`alter database ${identifier(database)} owner to ${identifier(role)}`);
  else await client.query(`grant connect on database ${identifier(database)} to ${identifier(role)}`);
}

/** The owner of a database makes its own schemas. */
async function ensureSchema(client: pg.Client, { role, database, schema }: RoleGrant): Promise<void> {
  if (schema === undefined) return;
  await client.query(`create schema if not exists ${identifier(schema)}`);
  await client.query(`alter schema ${identifier(schema)} owner to ${identifier(role)}`);
  await client.query(`revoke all on schema ${identifier(schema)} from public`);
  await client.query(
    `alter role ${identifier(role)} in database ${identifier(database)} set search_path = ${identifier(schema)}`,
  );
}

/** Forgets databases and roles: for constellations that a test made on a server that it shares. */
export async function dropDatabases(adminUrl: string, grants: readonly RoleGrant[]): Promise<void> {
  await withClient(adminUrl, async (client) => {
    for (const database of new Set(grants.map((grant) => grant.database))) {
      await client.query(`drop database if exists ${identifier(database)} with (force)`);
    }
    for (const { role } of grants) await client.query(`drop role if exists ${identifier(role)}`);
  });
}
