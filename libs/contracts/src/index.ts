export { ACCESS_SUBJECT, accessRecorded, MAX_RECORDED_ACCESSES } from './access/access-recorded.js';
export type {
  AnomalyOutcome,
  AnomalyRule,
  AnomalyState,
  AnomalySummary,
  AnomalyView,
  QuestionView,
} from './access-point-api/anomalies.js';
export {
  anomalyOutcome,
  DEFAULT_QUESTION,
  JUSTIFICATION_HOURS,
  MAX_ANOMALY_RECORDS,
  questionAnswer,
} from './access-point-api/anomalies.js';
export type { ApprovalView } from './access-point-api/approval-view.js';
export {
  type ApprovalKind,
  type ApprovalState,
  type ApprovalSummary,
  approvalState,
} from './access-point-api/approvals.js';
export { attachmentMetadata } from './access-point-api/attachments.js';
export type {
  AuditCriteria,
  AuditRecord,
  ExportedRecords,
  ProvenAccess,
  ResolvedOfficer,
} from './access-point-api/audit-records.js';
export { MAX_EXPORTED_RECORDS } from './access-point-api/audit-records.js';
export {
  type ApiProblem,
  apiProblem,
  type EnvelopeState,
  envelopeState,
  idempotencyHeaders,
  officerContextHeaders,
  pageQuery,
  type SentEnvelope,
  sentEnvelope,
} from './access-point-api/common.js';
export type { DescribedRequest } from './access-point-api/described-request.js';
export type {
  DeskView,
  DirectoryChanges,
  OfficerView,
  ParticipantView,
  RouteView,
} from './access-point-api/directory-views.js';
export { type ErasedLeg, type ErasureReason, erasureReason, type HoldView } from './access-point-api/erasure.js';
export type {
  AssignmentView,
  NewAssignment,
  NoteView,
} from './access-point-api/in-country.js';
export type { DirectoryProposal, KeyView, ProposedChanges, SignedChanges } from './access-point-api/keys.js';
export {
  type CloseBody,
  type RefusalAnswer,
  type RefusalBody,
  type ResponseBody,
  SENSITIVE_REFUSAL_GROUNDS,
} from './access-point-api/leg-acts.js';
export {
  type AttachmentState,
  type LegAction,
  type LegAttachment,
  type LegMessage,
  type LegSummary,
  type LegView,
  legAction,
  type MessageContent,
  type MessageProof,
  type ResponsibleOfficers,
} from './access-point-api/legs.js';
export type { LogAlarm, LogAlarmKind, LogView } from './access-point-api/log.js';
export type { EscalationStep, NudgesView, SentNudges } from './access-point-api/nudges.js';
export { type AccessLogEntry, type EnvelopeView, type LiveEvent, liveEvents } from './access-point-api/observation.js';
export { type ApiOperation, COMMON_API_ERRORS } from './access-point-api/operation.js';
export { ACCESS_POINT_API, type ApiOperationId } from './access-point-api/operations.js';
export {
  MAX_RECEIPT_WAIT_SECONDS,
  type MessageReceipt,
  type ReceiptLevel,
  receiptLevel,
} from './access-point-api/receipts.js';
export { type NewRequest, newRequest, type RequestView, type SubmittedRequest } from './access-point-api/requests.js';
export type { StatisticsWithDirectory } from './access-point-api/statistics-operations.js';
export { WITNESS_API } from './access-point-api/witness-api.js';
export { logClosed, logOpened } from './audit/epochs.js';
export { LOG_SUBJECT, logProgressStated, type SequencedPosition } from './audit/progress.js';
export {
  type Measure,
  measure,
  type PairClass,
  pairClass,
  type StatisticsTable,
  statisticsIssued,
  statisticsTable,
} from './audit/statistics.js';
export { contractsOn, MESSAGE_CONTRACTS } from './catalogue.js';
export {
  type Audience,
  audience,
  type CloudEvent,
  cloudEventAttributes,
  type EncryptedContent,
  type EventData,
  encryptedContent,
} from './cloud-event.js';
export {
  caveatCode,
  channelNature,
  deskKind,
  disclosedRefusalGround,
  handlingCode,
  informationGrade,
  legalBasisCode,
  type OfficerRole,
  officerRole,
  outcomeCode,
  type Priority,
  type ProtectionStatus,
  type PurposeCode,
  participantType,
  priority,
  purposeCode,
  type Realm,
  type RefusalGround,
  type RequestKind,
  type RequestLegStatus,
  realm,
  refusalGround,
  requestKind,
  requestLegStatus,
  routeRole,
  sourceGrade,
  statementBasis,
  subjectCategory,
  urgencyGround,
} from './codes.js';
export { isCodeOf } from './countries.js';
export {
  type DirectoryChange,
  directoryChange,
  type PublicJwk,
  publicJwk,
  type SignedDirectoryChange,
  signedDirectoryChange,
} from './directory/change.js';
export {
  DIRECTORY_SUBJECT,
  type DirectoryDelta,
  type DirectorySnapshot,
  directoryChangeAccepted,
  directoryChangeRefused,
  directoryChangeSubmitted,
  directoryDelta,
  directorySnapshot,
  directorySnapshotPublished,
} from './directory/messages.js';
export { gatewayReceipt, gatewayRefusal } from './gateway/answers.js';
export type { HttpRoute, RouteAnswer, RouteSecurity } from './http-route.js';
export {
  type AttachmentProof,
  attachmentProof,
  gatewayUploadMetadata,
  UPLOAD_MEDIA_TYPE,
} from './hub-api/attachments-api.js';
export {
  AUDIT_API,
  type BasisPage,
  basisPage,
  type EpochsAnswer,
  epochsAnswer,
  FINDING_KINDS,
  type FindingKind,
  type FindingPage,
  findingPage,
  type IssuedStatistics,
  issuedStatistics,
  type LogFinding,
  type LoggedStatement,
  type LogRetention,
  MAX_BASIS_PAGE,
  MAX_FINDING_PAGE,
  MAX_OPENINGS,
  type OpenedLeaf,
  type OpeningsAnswer,
  openingsAnswer,
  type StatisticsPeriod,
  statisticsPeriod,
} from './hub-api/audit-api.js';
export { compactJws } from './hub-api/compact-jws.js';
export { DIRECTORY_API } from './hub-api/directory-api.js';
export {
  type CommunityLadder,
  type CommunityLadderList,
  communityLadder,
  communityLadderList,
  type FeedDispute,
  type FeedDisputeList,
  type FeedEntry,
  type FeedPage,
  type FeedWithheld,
  feedCursor,
  feedDisputeList,
  feedEntry,
  feedPage,
  feedWithheld,
  MAX_FEED_PAGE,
  MAX_FEED_WAIT_SECONDS,
  type NewCommunityLadder,
  NOTIFICATIONS_API,
} from './hub-api/feed-api.js';
export {
  type DiscoveryDocument,
  discoveryDocument,
  ENVELOPE_MEDIA_TYPE,
  type EnvelopeAnswer,
  type EnvelopeBatch,
  type EnvelopeBatchAnswer,
  envelopeAnswer,
  envelopeBatch,
  envelopeBatchAnswer,
  GATEWAY_API,
} from './hub-api/gateway-api.js';
export {
  MAX_PARKED_PAGE,
  OPERATED_SERVICES,
  OPERATIONS,
  OPERATIONS_API,
  OPERATIONS_URN,
  PARKING_SERVICES,
  type ParkedDiscardOrder,
  type ParkedPage,
  type ParkedRecord,
  parkedPage,
  type ReplayResult,
  replayResult,
} from './hub-api/operations-api.js';
export {
  agencyUrn,
  deskUrn,
  instant,
  itemId,
  keyId,
  languageTag,
  officerPseudonym,
  participantUrn,
  participantUrnOf,
  partyUrn,
  producerSequence,
  serviceUrn,
  serviceUrnOf,
  sha256,
  uuid7,
} from './identifiers.js';
export {
  MAX_ATTACHMENT_BYTES,
  MAX_ATTACHMENT_CIPHERTEXT_BYTES,
  MAX_BATCH_BYTES,
  MAX_COUNTING_MS,
  MAX_ENVELOPE_BYTES,
  MAX_ENVELOPES_PER_BATCH,
} from './limits.js';
export type { Channel, ContentOf, HeaderOf, MessageContract } from './message-contract.js';
export {
  type DeskNudges,
  deskNudges,
  type EscalationRung,
  type Ladder,
  type NudgeContact,
} from './notifications/desk-nudges.js';
export {
  FEEDS_SUBJECT,
  type FeedFault,
  type FeedFinding,
  feedDisputeAnswered,
  feedDisputed,
} from './notifications/feed-disputes.js';
export {
  contactDisabled,
  legEscalated,
  legUnopened,
  NUDGES_SUBJECT,
  nudgesAccepted,
  nudgesRefused,
  nudgesSet,
} from './notifications/messages.js';
export { problem } from './problem.js';
export {
  type AttachmentMediaType,
  type AttachmentReference,
  type AttachmentSecret,
  attachmentMediaType,
  attachmentReference,
  attachmentReferences,
  attachmentSecret,
} from './requests/attachments.js';
export {
  answerContent,
  caveat,
  grade,
  gradedStatement,
  itemAnswer,
  requestContent,
  requestItem,
  statement,
  subject,
  textContent,
} from './requests/content.js';
export {
  deadlineOverrun,
  deadlineWarned,
  envelopeAccepted,
  envelopeRefused,
  type LegClock,
  type LegState,
  legClock,
  legLapsed,
  legState,
} from './requests/events.js';
export { type LegHeader, legHeader, legParty } from './requests/leg-header.js';
export { findLegMove, LEG_MOVES, type LegMove } from './requests/leg-moves.js';
export {
  authorisationAwaited,
  clarificationAnswered,
  clarificationAsked,
  legAcknowledged,
  legAnswered,
  legClosed,
  legDeclined,
  legDelivered,
  legPartiallyAnswered,
  legRead,
  legRefused,
  reconsiderationAsked,
  requestSubmitted,
  requestWithdrawn,
} from './requests/submissions.js';
export { identifierText, prose } from './requests/texts.js';
export { allTopics, CONSUMER_GROUPS, loggedTopics, parkedTopic, TOPICS, type TopicDefinition } from './topics.js';
