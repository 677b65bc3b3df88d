export { Directory } from './directory.js';
export type { AgreementQuestion, DirectoryView } from './directory-view.js';
export { type LogPolicyKeys, logPolicyText } from './log-policy.js';
export type {
  AgencyRecord,
  AgreementRecord,
  ChangeKind,
  ChangeOf,
  DeskRecord,
  KeyStanding,
  LogPolicyRecord,
  ParticipantRecord,
  PostingRecord,
  RegisteredKey,
  Route,
  ServiceRecord,
} from './records.js';
export { DirectoryReplica, type ReplicaOptions } from './replica.js';
export { parseRootKeys, type RootKeys } from './root-keys.js';
export { countersignDirectoryChange, openChange, signDirectoryChange } from './signed-change.js';
