export { type DatabaseSettings, dataSourceOptions } from './data-source-options.js';
export { assertSchemaCurrent, runMigrations, schemaDrift } from './migrations.js';
export { orUnavailable } from './or-unavailable.js';
export { PersistenceModule } from './persistence.module.js';
export { PreparedClient } from './prepared-client.js';
export { together } from './together.js';
export { atCommit, inTransaction } from './transactions.js';
export { isTransient } from './transient-errors.js';
