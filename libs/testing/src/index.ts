export { type EventuallyOptions, eventually } from './eventually.js';
export { EvidenceWorkshop, type Forgery } from './evidence/evidence-workshop.js';
export { newParty, type Party } from './evidence/test-community.js';
export { TestLog } from './evidence/test-log.js';
export { failOnLeaks } from './leaks.js';
export { NetworkGate } from './network-gate.js';
export { type LogEntry, RecordingLogger } from './recording-logger.js';
export { testBrokers, testPostgresUrl, testTopicPrefix } from './test-broker.js';
export { type TestDatabase, type TestDatabaseOptions, testDatabase } from './test-database.js';
