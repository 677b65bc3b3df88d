import { z } from 'zod';
import { purposeCode, requestLegStatus } from '../codes.js';
import { deskUrn, instant, officerPseudonym, uuid7 } from '../identifiers.js';
import { problem } from '../problem.js';
import { approvalKind, approvalState } from './approvals.js';
import { auditCriteria } from './audit-records.js';
import { envelopeState, pageOf, pageQuery } from './common.js';
import { attachmentState } from './legs.js';
import { logAlarmKind, logTrust } from './log.js';
import { escalationStep } from './nudges.js';

export const envelopeView = z.object({
  envelopeId: uuid7,
  type: z.string(),
  legId: uuid7.optional(),
  state: envelopeState,
  problem: problem.optional(),
  /** When the gateway made it durable. */
  receivedAt: instant.optional(),
  /** When the hub's rules accepted or refused it. */
  decidedAt: instant.optional(),
});
export type EnvelopeView = z.infer<typeof envelopeView>;

/** Data of each kind of live event (server-sent events); none carries content. */
export const liveEvents = {
  'leg.changed': z.object({
    legId: uuid7,
    version: z.number().int().nonnegative(),
    status: requestLegStatus.optional(),
  }),
  'envelope.changed': z.object({ envelopeId: uuid7, state: envelopeState }),
  /** How far the ciphertext of an attachment has been carried to or from the hub, in bytes. */
  'attachment.changed': z.object({
    envelopeId: uuid7,
    attachmentId: uuid7,
    state: attachmentState,
    bytes: z.number().int().positive(),
    carried: z.number().int().nonnegative(),
    code: z.string().optional(),
  }),
  /** Nobody has opened an urgent leg: who was nudged, or that its sender was told. */
  'leg.escalated': escalationStep.extend({ legId: uuid7 }),
  /** Something waits for a second person, or no longer. */
  'approval.changed': z.object({ approvalId: uuid7, kind: approvalKind, state: approvalState, legId: uuid7 }),
  /** An alarm about the audit log was raised, or acknowledged, and whether the log is trusted now. */
  'log.changed': z.object({ alarmId: uuid7, kind: logAlarmKind, state: logTrust }),
} as const;

/** A live event with the id that a later connection resumes after. */
export type LiveEvent = {
  [Kind in keyof typeof liveEvents]: {
    readonly id: string;
    readonly event: Kind;
    readonly data: z.infer<(typeof liveEvents)[Kind]>;
  };
}[keyof typeof liveEvents];

/** `Last-Event-ID` resumes behind an event that was seen. */
export const liveEventHeaders = z.object({ 'last-event-id': z.string().max(200).optional() });

export const accessLogQuery = pageQuery.extend({ legId: uuid7.optional() });

/** One look at content, or one that was denied: who, for which desk and purpose, at what, when. */
export const accessLogEntry = z.object({
  entryId: uuid7,
  at: instant,
  action: z.enum(['CONSULTED', 'DENIED', 'EXPORTED', 'AUDIT_QUERIED', 'ERASED']),
  officer: officerPseudonym,
  desk: deskUrn.optional(),
  purpose: purposeCode.optional(),
  legId: uuid7.optional(),
  envelopeId: uuid7.optional(),
  attachmentId: uuid7.optional(),
  /** Operation of this API by which it happened. */
  operation: z.string(),
  /** Why somebody searched, and for what. */
  reason: z.string().optional(),
  criteria: auditCriteria.optional(),
});
export type AccessLogEntry = z.infer<typeof accessLogEntry>;
export const accessLogList = pageOf(accessLogEntry);
