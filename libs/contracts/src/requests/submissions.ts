import { z } from 'zod';
import {
  channelNature,
  disclosedRefusalGround,
  handlingCode,
  legalBasisCode,
  outcomeCode,
  priority,
  purposeCode,
  requestKind,
  urgencyGround,
} from '../codes.js';
import { instant, itemId, sha256, uuid7 } from '../identifiers.js';
import { defineMessage } from '../message-contract.js';
import { attachmentReferences } from './attachments.js';
import { answerSecrets, caveat, requestSecrets, textContent } from './content.js';
import { legHeader } from './leg-header.js';

const channel = 'requests.submissions' as const;
const handling = { handling: handlingCode, caveats: z.array(caveat).max(20) };
const attachments = { attachments: attachmentReferences.optional() };
/** Salted hash of who proposed the message and, where a second person was needed, who approved it. It says neither, and is there in both cases. */
const responsible = { responsible: sha256.optional() };

export const requestSubmitted = defineMessage({
  type: 'serai.requests.request.submitted.v1',
  channel,
  summary: 'A participant asks another one: the first message of a leg.',
  // Purpose, legal basis and urgency ground are optional on the wire: their absence is refused by a rule with its own code.
  header: legHeader.extend({
    kind: requestKind,
    priority,
    urgencyGround: urgencyGround.optional(),
    purpose: purposeCode.optional(),
    legalBasis: z.object({ code: legalBasisCode, agreement: uuid7 }).optional(),
    channelNature,
    ...handling,
    items: z.number().int().min(1).max(50),
    ...attachments,
    ...responsible,
    expiresAt: instant,
  }),
  content: requestSecrets,
});

export const requestWithdrawn = defineMessage({
  type: 'serai.requests.request.withdrawn.v1',
  channel,
  summary: 'The sender takes its request back.',
  header: legHeader,
  content: textContent,
  contentPresence: 'optional',
});

export const legDelivered = defineMessage({
  type: 'serai.requests.leg.delivered.v1',
  channel,
  summary: 'The access point of the recipient has verified, decrypted and stored the request. Starts the clock.',
  header: legHeader.extend({ submission: sha256 }),
});

export const legRead = defineMessage({
  type: 'serai.requests.leg.read.v1',
  channel,
  summary: 'An officer of the recipient desk has opened the request for the first time.',
  header: legHeader,
});

export const legAcknowledged = defineMessage({
  type: 'serai.requests.leg.acknowledged.v1',
  channel,
  summary: 'The recipient desk takes the request on.',
  header: legHeader,
});

export const clarificationAsked = defineMessage({
  type: 'serai.requests.leg.clarification-asked.v1',
  channel,
  summary: 'The recipient asks back; the clock pauses.',
  header: legHeader.extend({ clarificationId: uuid7 }),
  content: textContent,
});

export const clarificationAnswered = defineMessage({
  type: 'serai.requests.leg.clarification-answered.v1',
  channel,
  summary: 'The sender answers the question back; the clock goes on.',
  header: legHeader.extend({ clarificationId: uuid7 }),
  content: textContent,
});

export const authorisationAwaited = defineMessage({
  type: 'serai.requests.leg.authorisation-awaited.v1',
  channel,
  summary: 'A judicial authorisation is needed; the clock runs on, an overrun is excused.',
  header: legHeader.extend({ expectedBy: instant }),
  content: textContent,
});

export const legPartiallyAnswered = defineMessage({
  type: 'serai.requests.leg.partially-answered.v1',
  channel,
  summary: 'An answer to some items; more will follow.',
  header: legHeader.extend({ ...handling, ...attachments, items: z.array(itemId).min(1).max(50) }),
  content: answerSecrets,
});

export const legAnswered = defineMessage({
  type: 'serai.requests.leg.answered.v1',
  channel,
  summary: 'The final answer. "No record" is one.',
  header: legHeader.extend({ ...handling, ...attachments, items: z.array(itemId).min(1).max(50) }),
  content: answerSecrets,
});

export const legRefused = defineMessage({
  type: 'serai.requests.leg.refused.v1',
  channel,
  summary: 'The recipient refuses the whole request, or only the named items, with a ground.',
  header: legHeader.extend({
    ground: disclosedRefusalGround,
    items: z.array(itemId).min(1).max(50).optional(),
    ...responsible,
  }),
  content: textContent,
  contentPresence: 'optional',
});

export const legDeclined = defineMessage({
  type: 'serai.requests.leg.declined.v1',
  channel,
  summary: 'The recipient declines without a ground: cooperation is voluntary.',
  header: legHeader,
});

export const reconsiderationAsked = defineMessage({
  type: 'serai.requests.leg.reconsideration-asked.v1',
  channel,
  summary: 'The sender asks once to think a refusal over.',
  header: legHeader,
  content: textContent,
});

export const legClosed = defineMessage({
  type: 'serai.requests.leg.closed.v1',
  channel,
  summary: 'The sender closes the leg with its outcome and how useful the answer was.',
  header: legHeader.extend({ outcome: outcomeCode, usefulness: z.number().int().min(1).max(5).optional() }),
  content: textContent,
  contentPresence: 'optional',
});

/** Every message that a participant may send about a request. */
export const REQUEST_SUBMISSIONS = [
  requestSubmitted,
  requestWithdrawn,
  legDelivered,
  legRead,
  legAcknowledged,
  clarificationAsked,
  clarificationAnswered,
  authorisationAwaited,
  legPartiallyAnswered,
  legAnswered,
  legRefused,
  legDeclined,
  reconsiderationAsked,
  legClosed,
] as const;
