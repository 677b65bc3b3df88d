import { ProducerPosition } from '#libs/messaging';
import type { DatabaseSettings } from '#libs/persistence';
import { CreateTraffic, TRAFFIC_ENTITIES } from '#libs/traffic';
import { AccessLogRow } from '../access-log/access-log.entity.js';
import { AccessRecordRow } from '../access-record/access-record.entity.js';
import { AnomalyItem, AnomalyStep } from '../anomaly/anomaly.entities.js';
import { Approval } from '../approval/approval.entity.js';
import { Assignment } from '../assignment/assignment.entity.js';
import { Attachment, AttachmentDraft } from '../attachment/attachment.entities.js';
import { AuditRecordRow } from '../audit/audit-record.entity.js';
import { StoredChange, StoredSnapshot } from '../directory/directory.entities.js';
import { ErasedLegRow, ErasedRecordRow, LegHoldRow } from '../erasure/erasure.entities.js';
import { FeedCursor, LegEventRow, QuarantinedEntry, ReceivedEnvelope, ReceivedEvent } from '../feed/feed.entities.js';
import { FeedBacklogRow } from '../feed/feed-backlog.entity.js';
import { FeedDisputeRow } from '../feed/feed-dispute.entity.js';
import { IdempotencyKey } from '../idempotency/idempotency.entity.js';
import { Leg } from '../leg/leg.entity.js';
import { Message } from '../leg/message.entity.js';
import { LiveEventRow, LivePositionRow } from '../live/live-event.entity.js';
import { LogAlarmRow, LoggedMessageRow, MonitoredLogRow } from '../monitor/monitor.entities.js';
import { Note } from '../note/note.entity.js';
import { DeskNudgesRow, DisabledContact } from '../nudge/desk-nudges.entity.js';
import { EscalationStepRow } from '../nudge/escalation-step.entity.js';
import { OutgoingEnvelope } from '../outgoing/outgoing-envelope.entity.js';
import { DirectoryProposalRow } from '../proposal/proposal.entity.js';
import { LogProofRow, ProofCheckpointRow, UnprovenEnvelopeRow } from '../receipt/log-proof.entities.js';
import { Refusal } from '../refusal/refusal.entity.js';
import { Request } from '../request/request.entity.js';
import { ContentKey, ContentRecord } from '../vault/vault.entities.js';
import { WitnessEvidenceRow, WitnessHeadRow, WitnessHistoryRow } from '../witness/witness.entities.js';
import { CreateAccessPoint } from './1763777300000-create-access-point.js';
import { CreateNudges } from './1763777500000-create-nudges.js';
import { CreateEscalationSteps } from './1763777700000-create-escalation-steps.js';
import { CreateAttachments } from './1764001000000-create-attachments.js';
import { StoreEnvelopesUncompressed } from './1795392300000-store-envelopes-uncompressed.js';
import { CreateDirectoryProposals } from './1795392400000-create-directory-proposals.js';
import { CreateFeedDisputes } from './1795393000000-create-feed-disputes.js';
import { CreateApprovals } from './1795393100000-create-approvals.js';
import { CreateFeedBacklog } from './1795393200000-create-feed-backlog.js';
import { OrderLiveEventsByCommit } from './1795393300000-order-live-events-by-commit.js';
import { TellEscalationsLive } from './1795393400000-tell-escalations-live.js';
import { CreateWitness } from './1795393600000-create-witness.js';
import { CreateLogMonitor } from './1795393700000-create-log-monitor.js';
import { LogExports } from './1795393800000-log-exports.js';
import { CreateLoggedMessage } from './1795393900000-create-logged-message.js';
import { KeepLegEvents } from './1795393900000-keep-leg-events.js';
import { CreateAuditRecord } from './1795394200000-create-audit-record.js';
import { KeepLogProofs } from './1795394300000-keep-log-proofs.js';
import { EraseContent } from './1795394400000-erase-content.js';
import { RecordAccesses } from './1795394500000-record-accesses.js';
import { CreateAnomalies } from './1795394600000-create-anomalies.js';
import { FollowEpochs } from './1795394700000-follow-epochs.js';

/** The access point's own database. */
export function databaseSettings(url: string): DatabaseSettings {
  return {
    url,
    schema: 'access_point',
    entities: [
      AccessLogRow,
      AccessRecordRow,
      AnomalyItem,
      AnomalyStep,
      Approval,
      Assignment,
      Attachment,
      AttachmentDraft,
      AuditRecordRow,
      ContentKey,
      ContentRecord,
      DeskNudgesRow,
      DisabledContact,
      ErasedLegRow,
      ErasedRecordRow,
      EscalationStepRow,
      DirectoryProposalRow,
      FeedBacklogRow,
      FeedCursor,
      LegEventRow,
      LegHoldRow,
      FeedDisputeRow,
      IdempotencyKey,
      Leg,
      LiveEventRow,
      LivePositionRow,
      LogAlarmRow,
      LoggedMessageRow,
      LogProofRow,
      Message,
      MonitoredLogRow,
      Note,
      OutgoingEnvelope,
      ProducerPosition,
      ProofCheckpointRow,
      QuarantinedEntry,
      ReceivedEnvelope,
      ReceivedEvent,
      Refusal,
      Request,
      StoredChange,
      StoredSnapshot,
      UnprovenEnvelopeRow,
      WitnessEvidenceRow,
      WitnessHeadRow,
      WitnessHistoryRow,
      ...TRAFFIC_ENTITIES,
    ],
    migrations: [
      CreateAccessPoint,
      CreateTraffic,
      StoreEnvelopesUncompressed,
      CreateNudges,
      CreateEscalationSteps,
      CreateDirectoryProposals,
      CreateAttachments,
      CreateFeedDisputes,
      CreateApprovals,
      CreateFeedBacklog,
      OrderLiveEventsByCommit,
      TellEscalationsLive,
      CreateWitness,
      CreateLogMonitor,
      LogExports,
      KeepLegEvents,
      CreateLoggedMessage,
      CreateAuditRecord,
      KeepLogProofs,
      EraseContent,
      RecordAccesses,
      CreateAnomalies,
      FollowEpochs,
    ],
    poolSize: 12,
  };
}
