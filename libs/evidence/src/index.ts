export {
  type AccessProof,
  accessCommitment,
  type CommittedEntry,
} from './access/access-proof.js';
export { makePack } from './pack/make-pack.js';
export {
  type DirectoryEvidence,
  type LogEvidence,
  type MessageEvidence,
  type PackParts,
  writePack,
} from './pack/write-pack.js';
export { type FilesByPath, readZip } from './pack/zip.js';
export { parseLeafOpening, serialiseLeafOpening } from './record/leaf-opening.js';
export {
  canonicalRecord,
  type LeafOpening,
  type LogRecord,
  leafEntry,
  messageHashOf,
  SALT_BYTES,
} from './record/log-record.js';
export { type RecordsStatement, signRecords } from './records/records-export.js';
export { countedEvent, pairClassesOf } from './statistics/request-event.js';
export { StatisticsCount } from './statistics/statistics-count.js';
export { type BasisLeaf, basisSizeOf, type StatisticsFile, serialiseBasisLeaf } from './statistics/statistics-files.js';
export { STATISTICS_RULES } from './statistics/statistics-table.js';
export { isLanguage, LANGUAGES, type Language, summarise } from './summary/summarise.js';
export type { FactLog, FactParty, FactStatement, PackFacts } from './verify/facts.js';
export { type Check, RULES, type Rule, type Verdict } from './verify/report.js';
export { type AccessFacts, verifyAccess } from './verify/verify-access.js';
export {
  type CheckpointFacts,
  type GrowthFacts,
  type GrowthProof,
  type ProofFacts,
  verifyGrowth,
  verifyProof,
} from './verify/verify-by-policy.js';
export { type ExportFacts, type ExportReader, verifyExport } from './verify/verify-export.js';
export { type JointFacts, verifyJoint } from './verify/verify-joint.js';
export { CheckpointJudge, type WitnessedCheckpoint } from './verify/verify-log.js';
export { type TrustAnchors, verifyPack } from './verify/verify-pack.js';
export { type RecordsFacts, verifyRecords } from './verify/verify-records.js';
export { type StatisticsFacts, verifyStatistics } from './verify/verify-statistics.js';
