export { type EventuallyOptions, eventually } from './eventually.js';
export { failOnLeaks } from './leaks.js';
export { NetworkGate } from './network-gate.js';
export { type LogEntry, RecordingLogger } from './recording-logger.js';
export { testBrokers, testPostgresUrl, testTopicPrefix } from './test-broker.js';
export { type TestDatabase, type TestDatabaseOptions, testDatabase } from './test-database.js';
