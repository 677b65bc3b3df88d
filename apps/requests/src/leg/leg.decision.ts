import { requestSubmitted } from '#libs/contracts';
import { isMessage, type VerifiedEnvelope } from '#libs/envelope';
import type { Leg } from './leg.entity.js';
import { deskRefusal, type RuleBook, requestRefusal, subjectRefusal } from './leg.rules.js';
import {
  isRefusal,
  type LegMessage,
  type MoveContext,
  type Moved,
  moveLeg,
  NO_SUCH_LEG,
  openLeg,
  type Refusal,
  type RequestHeader,
} from './leg.state.js';

/** What a message is judged by beside the leg. */
export interface DecisionContext extends MoveContext {
  /** The directory as this batch sees it. */
  readonly book: RuleBook;
}

/** Judges one message, whatever it is: the leg after it, or why it is refused. Pure. */
export function decide(leg: Leg | undefined, message: LegMessage, context: DecisionContext): Moved | Refusal {
  const refusal = subjectRefusal(message);
  if (refusal) return refusal;
  if (isMessage(message, requestSubmitted)) return decideRequest(leg, message, context);
  if (leg === undefined) return { code: 'ERR_LEG_UNKNOWN', message: NO_SUCH_LEG };
  const moved = moveLeg(leg, message, context);
  return isRefusal(moved) ? moved : (deskRefusal(message, context.book, context.appendedAt) ?? moved);
}

function decideRequest(
  leg: Leg | undefined,
  message: VerifiedEnvelope<RequestHeader>,
  { book, appendedAt }: DecisionContext,
): Moved | Refusal {
  const refusal = requestRefusal(message, leg, book, appendedAt);
  if (refusal) return refusal;
  // The rules have seen to it that the desk exists.
  const { timeZone } = book.deskAt(message.event.data.header.recipient.desk, appendedAt)!;
  return { leg: openLeg(message, appendedAt, timeZone), passed: [] };
}
