import { z } from 'zod';
import { priority, refusalGround, requestKind, requestLegStatus } from '../codes.js';
import { deskUrn, instant, itemId, keyId, officerPseudonym, participantUrn, sha256, uuid7 } from '../identifiers.js';
import { problem } from '../problem.js';
import { attachmentDescription } from '../requests/attachments.js';
import { answerContent, textContent } from '../requests/content.js';
import { legState } from '../requests/events.js';
import { envelopeState, pageOf, pageQuery } from './common.js';
import { describedRequest } from './described-request.js';
import { erasedLeg } from './erasure.js';

export const direction = z.enum(['incoming', 'outgoing']);

export const legsQuery = pageQuery.extend({
  direction: direction.optional(),
  status: requestLegStatus.optional(),
  /** Own desk of the leg. */
  desk: deskUrn.optional(),
  overdue: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
  /** `due`: least remaining time first, legs without a clock last; `newest`: last submitted first. */
  sort: z.enum(['due', 'newest']).default('newest'),
});

const side = z.object({ participant: participantUrn, desk: deskUrn });

/** One leg as its own side sees it, without content. */
export const legSummary = z.object({
  legId: uuid7,
  requestId: uuid7,
  direction,
  kind: requestKind,
  priority,
  requester: side,
  addressee: side,
  createdAt: instant,
  /** Where the submission stands; for an incoming leg always ACCEPTED. */
  submission: envelopeState,
  /** Why the submission was refused. */
  problem: problem.optional(),
  /** What the hub last said; absent until it has accepted the submission. */
  state: legState.optional(),
  /** `state.status`, or ASSIGNED where the leg was taken on and given to a unit inside the country; only its own side sees that. */
  status: requestLegStatus.optional(),
  /** Milliseconds until the clock runs out, negative when it has; only while it runs or is paused. */
  remainingMs: z.number().int().optional(),
});
export type LegSummary = z.infer<typeof legSummary>;
export const legList = pageOf(legSummary);

/** What an officer may do with a leg, by the operation that does it. */
export const legAction = z.enum([
  'readContent',
  'acknowledgeLeg',
  'askClarification',
  'answerClarification',
  'announceAuthorisation',
  'respond',
  'refuse',
  'countersignRefusal',
  'decline',
  'askReconsideration',
  'closeLeg',
  'withdrawLeg',
  'assignLeg',
  'addNote',
]);
export type LegAction = z.infer<typeof legAction>;

/** Where the ciphertext of an attachment is: still on its way to or from the hub, here and good, or given up with a code. */
export const attachmentState = z.enum(['WAITING', 'READY', 'REFUSED']);
export type AttachmentState = z.infer<typeof attachmentState>;

/** An attachment of a message, without what is secret of it: name and type are in the content of the message. */
export const legAttachment = z.object({
  attachmentId: uuid7,
  state: attachmentState,
  /** Size of the ciphertext. */
  bytes: z.number().int().positive(),
  /** How many of them have been carried. */
  carried: z.number().int().nonnegative(),
  /** Why it was given up, or why the last try failed. */
  code: z.string().optional(),
});
export type LegAttachment = z.infer<typeof legAttachment>;

/** The signing key was reported as compromised from an instant before the hub accepted the message: somebody else may have signed it. */
export const suspicion = z.object({ kid: keyId, compromisedFrom: instant });

/** One signed message of a leg, without its content. */
export const legMessage = z.object({
  envelopeId: uuid7,
  type: z.string(),
  direction,
  /** When it was signed. */
  time: instant,
  state: envelopeState,
  problem: problem.optional(),
  /** When the gateway made it durable; own messages only. */
  receivedAt: instant.optional(),
  /** When the hub's rules accepted or refused it. */
  decidedAt: instant.optional(),
  hasContent: z.boolean(),
  attachments: z.array(legAttachment).optional(),
  suspicion: suspicion.optional(),
  /** The clear header as it was signed; its schema is that of the message type. */
  header: z.record(z.string(), z.unknown()),
});
export type LegMessage = z.infer<typeof legMessage>;

/** A refusal on a sensitive ground that waits here for a second supervisor. */
export const pendingRefusal = z.object({
  refusalId: uuid7,
  ground: refusalGround,
  items: z.array(itemId).optional(),
  proposedBy: officerPseudonym,
  proposedAt: instant,
});

export const legView = legSummary.extend({
  /** In the order in which this side got to know them. */
  messages: z.array(legMessage),
  pendingRefusal: pendingRefusal.optional(),
  /** Everything that people wrote about it was erased here. */
  erased: erasedLeg.pick({ reason: true, erasedAt: true }).optional(),
  /** Something keeps it from being erased. */
  held: z.literal(true).optional(),
  /** What this officer may do with the leg in its present state. */
  actions: z.array(legAction),
});
export type LegView = z.infer<typeof legView>;

/** Attachments as officers see them: the access point keeps the keys. */
const described = { attachments: z.array(attachmentDescription).optional() };

/** The decrypted content of one message. */
export const messageContent = z.object({
  envelopeId: uuid7,
  type: z.string(),
  content: z.union([describedRequest.extend(described), answerContent.extend(described), textContent]),
  suspicion: suspicion.optional(),
});
export type MessageContent = z.infer<typeof messageContent>;

/**
 * Who answers for a message: hashed with `salt` they are the `responsible` of its signed header. So it can be proved later who proposed it and who approved it,
 * while the other side learns neither who nor whether a second person was needed.
 */
export const responsibleOfficers = z.object({
  /** 32 bytes, base64url. */
  salt: sha256,
  proposedBy: officerPseudonym,
  approvedBy: officerPseudonym.optional(),
});
export type ResponsibleOfficers = z.infer<typeof responsibleOfficers>;

/** The signed bytes themselves: whoever has the root keys and the directory's changes can verify them without us. */
export const messageProof = z.object({
  /** Compact JWS of the message, as its sender signed it. */
  envelope: z.string(),
  /** The gateway's signed receipt, or its signed refusal; own messages only. */
  receipt: z.string().optional(),
  /** The requests service's signed event that accepted or refused the message. */
  event: z.string().optional(),
  /** Opens `responsible` of the message's header; own messages only. */
  responsible: responsibleOfficers.optional(),
});
export type MessageProof = z.infer<typeof messageProof>;
