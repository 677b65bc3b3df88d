import { z } from 'zod';
import { disclosedRefusalGround, purposeCode, realm, requestLegStatus } from '../codes.js';
import { signedDirectoryChange } from '../directory/change.js';
import { deskUrn, instant, officerPseudonym, participantUrn, sha256, uuid7 } from '../identifiers.js';
import { legState } from '../requests/events.js';
import { envelopeState, pageOf, pageQuery } from './common.js';

/** Most characters of a reason. */
const MAX_REASON = 1000;

/** Why an auditor looks, or decides. */
export const auditReason = z
  .string()
  .trim()
  .min(10)
  .max(MAX_REASON)
  .meta({ description: 'Why, without personal data; it is kept in the access log' });

/**
 * `SENT` and `RECEIVED`: a message of a leg. `STATED`: what the hub said of a leg by itself. `CONSULTED`: content was shown. `DENIED`: it was not.
 * `EXPORTED`: evidence or records were handed out. `AUDIT_QUERIED`: records were searched. `ERASED`: content was erased.
 */
const auditAction = z.enum([
  'SENT',
  'RECEIVED',
  'STATED',
  'CONSULTED',
  'DENIED',
  'EXPORTED',
  'AUDIT_QUERIED',
  'ERASED',
]);

/** How a leg stands to its deadline. */
const deadlineState = z.enum(['WITHIN', 'OVERDUE', 'EXCUSED', 'NONE']);

const outcome = legState.shape.outcome.unwrap();
const type = z.string().regex(/^[A-Za-z0-9.-]{1,100}$/, 'must be a message type or the name of an operation');

/** What records are looked for by. Those of the leg are about what the hub last said of it. */
export const auditCriteria = z.object({
  reference: uuid7.optional().meta({ description: 'Of a leg, a request or a message: records of its legs' }),
  counterpart: participantUrn.optional().meta({ description: 'The other side' }),
  desk: deskUrn.optional().meta({ description: 'That sent, or looked' }),
  officer: officerPseudonym.optional(),
  purpose: purposeCode.optional().meta({ description: 'As a request, or somebody who looked, named it' }),
  from: instant.optional(),
  until: instant.optional().meta({ description: 'Records before this instant' }),
  action: auditAction.optional(),
  type: type.optional().meta({ description: 'Of a message, or the operation by which something was looked at' }),
  ground: disclosedRefusalGround.optional().meta({ description: 'Of a refusal' }),
  status: requestLegStatus.optional().meta({ description: 'Of the leg' }),
  deadline: deadlineState.optional().meta({ description: 'Of the leg' }),
  outcome: outcome.optional().meta({ description: 'Of the leg' }),
});
export type AuditCriteria = z.infer<typeof auditCriteria>;

export const auditQuery = pageQuery.extend({ reason: auditReason, ...auditCriteria.shape });

/** One thing that happened: what, when, by whom, of which leg. Never content. */
export const auditRecord = z.object({
  recordId: uuid7,
  at: instant.meta({ description: 'For a message: when it was signed, as it says' }),
  action: auditAction,
  type,
  legId: uuid7.optional(),
  requestId: uuid7.optional(),
  counterpart: participantUrn.optional(),
  desk: deskUrn.optional(),
  officer: officerPseudonym.optional(),
  purpose: purposeCode.optional(),
  ground: disclosedRefusalGround.optional(),
  leg: z
    .object({ status: requestLegStatus.optional(), deadline: deadlineState, outcome: outcome.optional() })
    .optional()
    .meta({ description: 'How the leg stands now' }),
  envelopeId: uuid7.optional().meta({ description: 'Of the message itself, or of the one that was looked at' }),
  attachmentId: uuid7.optional(),
  sha256: sha256.optional().meta({ description: 'Of the signed bytes, where the record is one of a message or event' }),
  state: envelopeState.optional().meta({ description: 'Where the message stands' }),
  code: z.string().optional().meta({ description: 'Why it was denied, or why the hub refused the message' }),
  log: z
    .object({ origin: z.string(), index: z.number().int().nonnegative() })
    .optional()
    .meta({ description: 'Its proven place in the audit log; absent until there is a proof' }),
  reason: z.string().optional().meta({ description: 'Of a search or an export by an auditor' }),
  criteria: auditCriteria.optional().meta({ description: 'Of a search or an export by an auditor' }),
});
export type AuditRecord = z.infer<typeof auditRecord>;
export const auditRecordList = pageOf(auditRecord);

/** Most records of one export: the newest of those that were found. */
export const MAX_EXPORTED_RECORDS = 5_000;

const reviewName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{2,63}$/, 'must be 3 to 64 small letters, digits and hyphens')
  .meta({ description: 'Name of a joint review, as the participants agreed on it' });

/** All that may narrow an export for a joint review: what it leaves out otherwise would seem to be missing, and other criteria may name an officer. */
const OF_REVIEW: readonly string[] = ['review', 'reason', 'from', 'until', 'counterpart'];

const freeExportQuery = auditQuery.omit({ cursor: true, limit: true }).extend({
  review: reviewName.optional().meta({
    description: 'Of a joint review: own officers by pseudonyms of this review alone, without reasons and criteria',
  }),
});

export const exportQuery = freeExportQuery.refine(
  (query) =>
    query.review === undefined ||
    (query.from !== undefined &&
      query.until !== undefined &&
      Object.entries(query).every(([name, value]) => value === undefined || OF_REVIEW.includes(name))),
  { path: ['review'], message: 'needs from and until, and takes nothing else but the other side' },
);

/** What `verify access` checks offline: one entry of the access log. */
export const provenAccess = z.object({
  format: z.literal('serai-access/1'),
  realm,
  entry: z.record(z.string(), z.unknown()).meta({ description: 'Every column of it; who it was only as a keyed hash' }),
  salt: sha256,
  place: z.number().int().nonnegative().meta({ description: 'Among the entries of the record' }),
  path: z.array(sha256).meta({ description: 'From the entry up to the root that the record states' }),
  record: z
    .object({ envelope: z.string(), receipt: z.string(), opening: z.string(), proof: z.string() })
    .meta({ description: 'Signed envelope, receipt of the gateway, what opens its leaf in the log, .tlog-proof' }),
  directory: z.object({ changes: z.array(signedDirectoryChange), statement: z.string() }),
});
export type ProvenAccess = z.infer<typeof provenAccess>;

/** Asks who of the own officers is behind a pseudonym of a joint review. */
export const resolveQuery = z.object({ review: reviewName, pseudonym: officerPseudonym, reason: auditReason });
export const resolvedOfficer = z.object({ officer: officerPseudonym });
export type ResolvedOfficer = z.infer<typeof resolvedOfficer>;

/** What `verify records` checks offline. */
export const exportedRecords = z.object({
  statement: z
    .string()
    .meta({ description: 'Compact JWS of the participant, of typ serai-records+jws: reason, criteria and records' }),
  directory: z.object({ changes: z.array(signedDirectoryChange), statement: z.string() }),
});
export type ExportedRecords = z.infer<typeof exportedRecords>;
