import type { LegHeader } from '#libs/contracts';
import type { VerifiedEnvelope } from '#libs/envelope';
import type { ErrorCode } from '#libs/errors';
import type { Directory } from '#libs/trust';
import type { Leg } from './leg.entity.js';
import type { LegMessage, Refusal, RequestHeader } from './leg.state.js';

/** What the rules ask of the directory. It shows nothing of a participant that is not active: no desk, no agreement. */
export type RuleBook = Pick<Directory, 'deskAt' | 'agreementFor'>;

/** A request before it is accepted: its header, who signed it, the directory, and the append time, which is the time of every rule. */
interface Submission<Header extends LegHeader = RequestHeader> {
  readonly header: Header;
  readonly source: string;
  readonly book: RuleBook;
  readonly at: Date;
}

type Rule<Header extends LegHeader = RequestHeader> = (submission: Submission<Header>) => Refusal | undefined;

const refuseUnless = (holds: boolean, code: ErrorCode, message: string): Refusal | undefined =>
  holds ? undefined : { code, message };

const sender: Rule<LegHeader> = ({ header, source, book, at }) =>
  refuseUnless(
    header.sender.participant === source && book.deskAt(header.sender.desk, at)?.participant === source,
    'ERR_REQUEST_SENDER_UNKNOWN',
    'The sending desk is not one of yours at this time. Open it in the directory, or send from another.',
  );

const recipient: Rule = ({ header: { recipient: to }, book, at }) =>
  refuseUnless(
    book.deskAt(to.desk, at)?.participant === to.participant,
    'ERR_REQUEST_RECIPIENT_UNKNOWN',
    'The recipient has no such desk at this time. Choose one from the directory.',
  );

const anotherParticipant: Rule = ({ header, source }) =>
  refuseUnless(
    header.recipient.participant !== source,
    'ERR_REQUEST_RECIPIENT_UNKNOWN',
    'A request goes to another participant. Assign work within your own country instead.',
  );

const kindIsOpen: Rule = ({ header }) =>
  refuseUnless(
    header.kind !== 'VICTIM_ORIGIN_SUPPORT',
    'ERR_REQUEST_KIND_RESERVED',
    'Support for victims is arranged between referral coordinators, not by requests.',
  );

const purpose: Rule = ({ header }) =>
  refuseUnless(header.purpose !== undefined, 'ERR_REQUEST_NO_PURPOSE', 'State the purpose of the request.');

const urgency: Rule = ({ header }) =>
  refuseUnless(
    !header.priority.startsWith('URGENT_') || header.urgencyGround !== undefined,
    'ERR_REQUEST_URGENCY_UNJUSTIFIED',
    'State the ground of the urgency, or choose another priority.',
  );

const notExpired: Rule = ({ header, at }) =>
  refuseUnless(
    at < new Date(header.expiresAt),
    'ERR_REQUEST_EXPIRED',
    `The request expired at ${header.expiresAt}. Send a new one if it is still needed.`,
  );

const legalBasis: Rule = ({ header }) =>
  refuseUnless(
    header.legalBasis !== undefined,
    'ERR_REQUEST_NO_LEGAL_BASIS',
    'Name the legal basis and the agreement.',
  );

/** Agreements have a direction: that B may ask A says nothing about A asking B. */
const agreement: Rule = ({ header: { recipient: to, kind, legalBasis: named }, source, book, at }) => {
  const question = { from: source, to: to.participant, kind, at, agreementId: named?.agreement };
  return refuseUnless(
    named !== undefined && book.agreementFor(question)?.legalBasis === named.code,
    'ERR_REQUEST_NO_AGREEMENT',
    `The named agreement is no basis in force for ${kind} from you to this recipient.`,
  );
};

/** Who, to whom, what, why, until when, on which basis: the first that fails is the answer. */
const RULES: readonly Rule[] = [
  sender,
  anotherParticipant,
  recipient,
  kindIsOpen,
  purpose,
  urgency,
  notExpired,
  legalBasis,
  agreement,
];

/** Why a request is not accepted, or undefined. That its leg exists already is told last, and so only to who might ask this recipient. */
export function requestRefusal(
  { event }: VerifiedEnvelope<RequestHeader>,
  existing: Leg | undefined,
  book: RuleBook,
  at: Date,
): Refusal | undefined {
  const submission: Submission = { header: event.data.header, source: event.source, book, at };
  for (const rule of RULES) {
    const refusal = rule(submission);
    if (refusal) return refusal;
  }
  return refuseUnless(existing === undefined, 'ERR_LEG_DUPLICATE', 'A leg with this id was submitted before.');
}

/** Why a move is not even looked at: its desk is not (or no longer) one of the participant that signed. */
export function deskRefusal({ event }: LegMessage, book: RuleBook, at: Date): Refusal | undefined {
  return sender({ header: event.data.header, source: event.source, book, at });
}

/** The subject is the record key, which keeps the messages of a leg in order: one under another subject would overtake them. */
export function subjectRefusal({ event }: LegMessage): Refusal | undefined {
  return refuseUnless(
    event.subject === event.data.header.legId,
    'ERR_LEG_UNKNOWN',
    'The subject of the envelope must be the leg that its header names.',
  );
}
