import type { DataSourceOptions, EntitySchema, MigrationInterface } from 'typeorm';
import { PreparedClient } from './prepared-client.js';

/** Where a service keeps its data, and what it keeps there. */
export interface DatabaseSettings {
  /** `postgres://role:password@host:port/database` of the service's own role. */
  readonly url: string;
  /** Schema of the service: its app name in snake case. Every connection has it as its whole search path. */
  readonly schema: string;
  readonly entities: readonly (EntitySchema | (new () => object))[];
  readonly migrations: readonly (new () => MigrationInterface)[];
  /** Most connections of this process; 10 when left out. The outbox relay and each commit listener keep one for themselves. */
  readonly poolSize?: number;
}

const SCHEMA_NAME = /^[a-z][a-z0-9_]{0,62}$/;

/**
 * TypeORM options of the house: PostgreSQL, one schema per service, entities describe and migrations decide.
 *
 * @example new DataSource(dataSourceOptions({ url, schema: 'requests', entities: [Leg], migrations: [CreateLegs] }))
 */
export function dataSourceOptions(settings: DatabaseSettings): DataSourceOptions {
  // The name goes into a start-up option, where it cannot be a parameter.
  if (!SCHEMA_NAME.test(settings.schema))
    throw new TypeError(`"${settings.schema}" is not a schema name in snake case.`);
  return {
    type: 'postgres',
    url: settings.url,
    schema: settings.schema,
    entities: [...settings.entities],
    migrations: [...settings.migrations],
    synchronize: false,
    migrationsRun: false,
    migrationsTransactionMode: 'each',
    installExtensions: false,
    logging: false,
    connectTimeoutMS: 5_000,
    poolSize: settings.poolSize ?? 10,
    applicationName: `serai-${settings.schema}`,
    extra: {
      Client: PreparedClient,
      options: Object.entries(sessionSettings(settings.schema))
        .map(([name, value]) => `-c ${name}=${value}`)
        .join(' '),
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    },
  };
}

/** Settings of every session, in PostgreSQL's units. */
function sessionSettings(schema: string): Record<string, string> {
  return {
    search_path: schema,
    timezone: 'UTC',
    // Plans are kept for as long as a connection lives: one that was made while a table was empty must not read all of it once it is large.
    enable_seqscan: 'off',
    // A process that hangs inside a transaction must not hold its locks for ever.
    idle_in_transaction_session_timeout: '60s',
    // Nor one whose machine is gone: its session, with the relay's lock, ends within half a minute.
    tcp_keepalives_idle: '10s',
    tcp_keepalives_interval: '5s',
    tcp_keepalives_count: '3',
  };
}
