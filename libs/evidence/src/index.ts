export { makePack } from './pack/make-pack.js';
export {
  type DirectoryEvidence,
  type LogEvidence,
  type MessageEvidence,
  type PackParts,
  writePack,
} from './pack/write-pack.js';
export {
  canonicalRecord,
  type LeafOpening,
  type LogRecord,
  leafEntry,
  messageHashOf,
  SALT_BYTES,
} from './record/log-record.js';
export { LANGUAGES, type Language, summarise } from './summary/summarise.js';
export type { FactLog, FactParty, FactStatement, PackFacts } from './verify/facts.js';
export { type Check, RULES, type Rule } from './verify/report.js';
export { type TrustAnchors, type Verdict, verifyPack } from './verify/verify-pack.js';
