import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { type BlobPlace, openBlobStore } from '#libs/attachments';
import { PersistenceModule } from '#libs/persistence';
import { TelemetryModule } from '#libs/telemetry';
import { TrafficModule } from '#libs/traffic';
import { DirectoryReplica, type RootKeys } from '#libs/trust';
import { AccessLogController } from './access-log/access-log.controller.js';
import { AccessLog } from './access-log/access-log.service.js';
import { AccessCommitments } from './access-record/access-commitment.js';
import { AccessProofs } from './access-record/access-proofs.js';
import { RECORD_WAIT_MS } from './access-record/access-record.token.js';
import { AccessRecorder } from './access-record/access-recorder.js';
import { AnomalyController } from './anomaly/anomaly.controller.js';
import { AnomalyFinder } from './anomaly/anomaly-finder.js';
import { AnomalyQueue } from './anomaly/anomaly-queue.js';
import { AnomalyRecords } from './anomaly/anomaly-records.js';
import { ANOMALY_SETTINGS } from './anomaly/anomaly-settings.js';
import { Questions } from './anomaly/questions.js';
import { ApprovalController } from './approval/approval.controller.js';
import { ApprovalReader } from './approval/approval.reader.js';
import { ApprovalBook } from './approval/approval-book.js';
import { Approvals } from './approval/approvals.js';
import { Responsibility } from './approval/responsibility.js';
import { AssignmentController } from './assignment/assignment.controller.js';
import { Assignments } from './assignment/assignments.js';
import { AttachmentController } from './attachment/attachment.controller.js';
import { AttachmentCarrier } from './attachment/attachment-carrier.js';
import { BLOB_STORE } from './attachment/blob-store.token.js';
import { Downloads } from './attachment/downloads.js';
import { Drafts } from './attachment/drafts.js';
import { GatewayAttachments } from './attachment/gateway-attachments.js';
import { AuditController } from './audit/audit.controller.js';
import { AuditExport } from './audit/audit-export.js';
import { AuditSearch } from './audit/audit-search.js';
import { ReviewPseudonyms } from './audit/review-pseudonyms.js';
import type { AccessPointConfig } from './config.js';
import { databaseSettings } from './database/database-settings.js';
import { CommunityDirectory } from './directory/community-directory.js';
import { DirectoryController } from './directory/directory.controller.js';
import { ErasureController } from './erasure/erasure.controller.js';
import { Erasures } from './erasure/erasures.js';
import { Holds } from './erasure/holds.js';
import { RETENTION_DAYS } from './erasure/retention.token.js';
import { Tombstones } from './erasure/tombstones.js';
import { EvidenceController } from './evidence/evidence.controller.js';
import { LegEvidence } from './evidence/leg-evidence.js';
import { ROOT_KEYS } from './evidence/root-keys.token.js';
import { FeedAlarm } from './feed/feed-alarm.js';
import { FeedBacklog } from './feed/feed-backlog.js';
import { FeedClient } from './feed/feed-client.js';
import { FeedDisputes } from './feed/feed-disputes.js';
import { FeedHandler } from './feed/feed-handler.js';
import { FeedReader } from './feed/feed-reader.js';
import { FeedVerifier } from './feed/feed-verifier.js';
import { FeedWithholding } from './feed/feed-withholding.js';
import { FeedWriter } from './feed/feed-writer.js';
import { Housekeeping } from './housekeeping.js';
import { HubClient } from './hub/hub-client.js';
import { HubClock } from './hub/hub-clock.js';
import { FingerprintKey } from './idempotency/fingerprint-key.js';
import { Idempotency } from './idempotency/idempotency.service.js';
import { Identity } from './identity.js';
import { KeyRing } from './keys/key-ring.js';
import { KeysController } from './keys/keys.controller.js';
import { Keys } from './keys/keys.service.js';
import { LegActs } from './leg/leg.acts.js';
import { LegController } from './leg/leg.controller.js';
import { LegReader } from './leg/leg.reader.js';
import { LegSender } from './leg/leg.sender.js';
import { LegActsController } from './leg/leg-acts.controller.js';
import { MessageReader } from './leg/message.reader.js';
import { LiveController } from './live/live.controller.js';
import { LiveStream } from './live/live-stream.js';
import { LogController } from './monitor/log.controller.js';
import { LogAlarms } from './monitor/log-alarms.js';
import { LogClient } from './monitor/log-client.js';
import { LogMonitor } from './monitor/log-monitor.js';
import { MONITOR_SETTINGS } from './monitor/monitor.settings.js';
import { OwnMessages } from './monitor/own-messages.js';
import { Succession } from './monitor/succession.js';
import { NoteController } from './note/note.controller.js';
import { Notes } from './note/notes.js';
import { NudgeController } from './nudge/nudge.controller.js';
import { Nudges } from './nudge/nudges.js';
import { OidcVerifier } from './officer/oidc-verifier.js';
import { AwaitedAnswers } from './outgoing/awaited-answers.js';
import { GatewayClient } from './outgoing/gateway-client.js';
import { OutgoingLoop } from './outgoing/outgoing.loop.js';
import { Outgoing } from './outgoing/outgoing.service.js';
import { OwnEnvelopes } from './outgoing/own-envelopes.js';
import { ProposalController } from './proposal/proposal.controller.js';
import { Proposals } from './proposal/proposals.js';
import { ProofBook } from './receipt/proof-book.js';
import { ProofCollector } from './receipt/proof-collector.js';
import { ReceiptController } from './receipt/receipt.controller.js';
import { ReceiptWaits } from './receipt/receipt-waits.js';
import { Receipts } from './receipt/receipts.js';
import { Standings } from './receipt/standings.js';
import { RefusalController } from './refusal/refusal.controller.js';
import { Refusals } from './refusal/refusals.js';
import { RequestController } from './request/request.controller.js';
import { Requests } from './request/request.service.js';
import { RequestComposer } from './request/request-composer.js';
import { RequestReleases } from './request/request-releases.js';
import { StatisticsController } from './statistics/statistics.controller.js';
import { Statistics } from './statistics/statistics.js';
import { ErasedRecords } from './vault/erased-records.js';
import { RecordCipher } from './vault/record-cipher.js';
import { Vault } from './vault/vault.service.js';
import { Witness } from './witness/witness.js';
import { WitnessKey } from './witness/witness-key.js';

/** What an access point runs on: its settings, its opened keys and its database. */
export interface AccessPointSettings {
  readonly config: AccessPointConfig;
  readonly identity: Identity;
  readonly witnessKey: WitnessKey;
  readonly rootKeys: RootKeys;
  readonly postgresUrl: string;
  readonly attachments: BlobPlace;
}

/** A log that grows shows a checkpoint every second. */
const LOOK_AT_LOG_MS = 5_000;

/** Everything that is made from settings; the rest Nest makes by itself. */
function foundation({ config, identity, witnessKey, rootKeys, attachments }: AccessPointSettings): Provider[] {
  const { participant, realm, keystore } = identity;
  const records = keystore.secret('records');
  const replica = { realm, roots: rootKeys, audience: participant };
  return [
    { provide: Identity, useValue: identity },
    { provide: WitnessKey, useValue: witnessKey },
    { provide: RecordCipher, useValue: new RecordCipher(records) },
    { provide: FingerprintKey, useValue: new FingerprintKey(records) },
    { provide: AccessCommitments, useValue: new AccessCommitments(records) },
    { provide: Responsibility, useValue: new Responsibility(records) },
    { provide: ReviewPseudonyms, useValue: new ReviewPseudonyms(records) },
    { provide: ROOT_KEYS, useValue: rootKeys },
    { provide: DirectoryReplica, useValue: new DirectoryReplica(replica) },
    {
      provide: HubClient,
      inject: [HubClock],
      useFactory: (clock: HubClock) => new HubClient(config.gatewayUrl, identity, clock),
    },
    {
      provide: MONITOR_SETTINGS,
      useValue: { everyMs: LOOK_AT_LOG_MS, staleAfterMs: config.logStaleMinutes * 60_000 },
    },
    { provide: ANOMALY_SETTINGS, useValue: config.anomalies },
    { provide: RETENTION_DAYS, useValue: config.retentionDays },
    { provide: RECORD_WAIT_MS, useValue: config.recordWaitSeconds * 1_000 },
    { provide: BLOB_STORE, useFactory: () => openBlobStore(attachments) },
    { provide: OidcVerifier, useValue: new OidcVerifier({ ...config.oidc, participant, realm }) },
  ];
}

const CONTROLLERS = [
  AccessLogController,
  AnomalyController,
  ApprovalController,
  AssignmentController,
  AttachmentController,
  AuditController,
  DirectoryController,
  ErasureController,
  EvidenceController,
  KeysController,
  LegActsController,
  LegController,
  LiveController,
  LogController,
  NoteController,
  NudgeController,
  ProposalController,
  ReceiptController,
  RefusalController,
  RequestController,
  StatisticsController,
];

const PROVIDERS = [
  AccessLog,
  AccessProofs,
  AccessRecorder,
  AnomalyFinder,
  AnomalyQueue,
  AnomalyRecords,
  AwaitedAnswers,
  ApprovalBook,
  ApprovalReader,
  Approvals,
  Assignments,
  AttachmentCarrier,
  AuditExport,
  AuditSearch,
  CommunityDirectory,
  Downloads,
  Drafts,
  ErasedRecords,
  Erasures,
  FeedAlarm,
  FeedBacklog,
  FeedClient,
  FeedDisputes,
  FeedHandler,
  FeedReader,
  FeedVerifier,
  FeedWithholding,
  FeedWriter,
  HubClock,
  GatewayAttachments,
  GatewayClient,
  Holds,
  Housekeeping,
  Idempotency,
  KeyRing,
  Keys,
  LegActs,
  LegEvidence,
  LegReader,
  LegSender,
  LiveStream,
  LogAlarms,
  LogClient,
  LogMonitor,
  Succession,
  MessageReader,
  Notes,
  Nudges,
  Outgoing,
  OwnEnvelopes,
  OwnMessages,
  OutgoingLoop,
  ProofBook,
  ProofCollector,
  Proposals,
  Questions,
  ReceiptWaits,
  Receipts,
  Refusals,
  RequestComposer,
  RequestReleases,
  Requests,
  Standings,
  Statistics,
  Tombstones,
  Vault,
  Witness,
];

@Module({})
export class AccessPointModule {
  static forRoot(settings: AccessPointSettings): DynamicModule {
    return {
      module: AccessPointModule,
      imports: [
        TelemetryModule.forRoot({ app: 'access-point', logLevel: settings.config.app.logLevel }),
        PersistenceModule.forRoot(databaseSettings(settings.postgresUrl)),
        TrafficModule,
      ],
      controllers: CONTROLLERS,
      providers: [...foundation(settings), ...PROVIDERS],
    };
  }
}
