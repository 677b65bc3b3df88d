import {
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
  legState,
  type MessageContract,
  type RequestLegStatus,
  reconsiderationAsked,
  requestLegStatus,
  requestSubmitted,
  requestWithdrawn,
} from '#libs/contracts';
import type { ErrorCode } from '#libs/errors';
import type { Leg } from './leg.entity.js';
import {
  at,
  CLARIFICATION_ID,
  DELIVERED_AT,
  IQ,
  LEG_ID,
  legIn,
  message,
  PROFILE_ID,
  RS,
  requestHeader,
  SUBMITTED_AT,
  TR,
  verified,
} from './leg.fixtures.js';
import { isRefusal, type LegMessage, legStateOf, type MoveContext, moveLeg, openLeg } from './leg.state.js';

const LATER = at('2026-11-22T05:00:00.000Z');
const context = (appendedAt = LATER): MoveContext => ({
  appendedAt,
  profileAt: () => ({ id: PROFILE_ID, allowed: 'PT8H' }),
});

function moved(leg: Leg, submission: LegMessage, appendedAt = LATER): Leg {
  const result = moveLeg(leg, submission, context(appendedAt));
  if (isRefusal(result)) throw new Error(`${result.code}: ${result.message}`);
  return result.leg;
}

function refused(leg: Leg, submission: LegMessage, appendedAt = LATER): ErrorCode | undefined {
  const result = moveLeg(leg, submission, context(appendedAt));
  return isRefusal(result) ? result.code : undefined;
}

/**
 * The state machine once more, written down from the vocabulary of the field and not from the table in `contracts`: per status, what each side may send and where it
 * leads. Everything that is not here must be refused.
 */
const ALLOWED: Partial<Record<RequestLegStatus, Record<string, RequestLegStatus>>> = {
  SUBMITTED: { 'ADDRESSEE delivered': 'DELIVERED', 'REQUESTER withdrawn': 'WITHDRAWN' },
  HELD_FOR_RELEASE: { 'REQUESTER withdrawn': 'WITHDRAWN' },
  DELIVERED: {
    'ADDRESSEE read': 'DELIVERED',
    'ADDRESSEE acknowledged': 'ACKNOWLEDGED',
    'ADDRESSEE clarification-asked': 'CLARIFICATION_SOUGHT',
    'ADDRESSEE authorisation-awaited': 'AWAITING_AUTHORISATION',
    'ADDRESSEE partially-answered': 'PARTIALLY_ANSWERED',
    'ADDRESSEE answered': 'ANSWERED',
    'ADDRESSEE refused': 'REFUSED',
    'ADDRESSEE declined': 'DECLINED_UNSPECIFIED',
    'REQUESTER withdrawn': 'WITHDRAWN',
  },
  ACKNOWLEDGED: {
    'ADDRESSEE read': 'ACKNOWLEDGED',
    'ADDRESSEE clarification-asked': 'CLARIFICATION_SOUGHT',
    'ADDRESSEE authorisation-awaited': 'AWAITING_AUTHORISATION',
    'ADDRESSEE partially-answered': 'PARTIALLY_ANSWERED',
    'ADDRESSEE answered': 'ANSWERED',
    'ADDRESSEE refused': 'REFUSED',
    'ADDRESSEE declined': 'DECLINED_UNSPECIFIED',
    'REQUESTER withdrawn': 'WITHDRAWN',
  },
  ASSIGNED: {
    'ADDRESSEE read': 'ASSIGNED',
    'ADDRESSEE clarification-asked': 'CLARIFICATION_SOUGHT',
    'ADDRESSEE authorisation-awaited': 'AWAITING_AUTHORISATION',
    'ADDRESSEE partially-answered': 'PARTIALLY_ANSWERED',
    'ADDRESSEE answered': 'ANSWERED',
    'ADDRESSEE refused': 'REFUSED',
    'ADDRESSEE declined': 'DECLINED_UNSPECIFIED',
    'REQUESTER withdrawn': 'WITHDRAWN',
  },
  PARTIALLY_ANSWERED: {
    'ADDRESSEE read': 'PARTIALLY_ANSWERED',
    'ADDRESSEE clarification-asked': 'CLARIFICATION_SOUGHT',
    'ADDRESSEE authorisation-awaited': 'AWAITING_AUTHORISATION',
    'ADDRESSEE partially-answered': 'PARTIALLY_ANSWERED',
    'ADDRESSEE answered': 'ANSWERED',
    'ADDRESSEE refused': 'PARTIALLY_REFUSED',
    'ADDRESSEE declined': 'DECLINED_UNSPECIFIED',
    'REQUESTER withdrawn': 'WITHDRAWN',
  },
  CLARIFICATION_SOUGHT: {
    'ADDRESSEE read': 'CLARIFICATION_SOUGHT',
    'REQUESTER clarification-answered': 'DELIVERED',
    'ADDRESSEE partially-answered': 'PARTIALLY_ANSWERED',
    'ADDRESSEE answered': 'ANSWERED',
    'ADDRESSEE refused': 'REFUSED',
    'ADDRESSEE declined': 'DECLINED_UNSPECIFIED',
    'REQUESTER withdrawn': 'WITHDRAWN',
  },
  AWAITING_AUTHORISATION: {
    'ADDRESSEE read': 'AWAITING_AUTHORISATION',
    'ADDRESSEE partially-answered': 'PARTIALLY_ANSWERED',
    'ADDRESSEE answered': 'ANSWERED',
    'ADDRESSEE refused': 'REFUSED',
    'ADDRESSEE declined': 'DECLINED_UNSPECIFIED',
    'REQUESTER withdrawn': 'WITHDRAWN',
  },
  ANSWERED: {
    'ADDRESSEE read': 'ANSWERED',
    'REQUESTER closed': 'CLOSED',
    'REQUESTER withdrawn': 'WITHDRAWN',
  },
  PARTIALLY_REFUSED: {
    'ADDRESSEE read': 'PARTIALLY_REFUSED',
    'REQUESTER reconsideration-asked': 'ACKNOWLEDGED',
    'REQUESTER closed': 'CLOSED',
    'REQUESTER withdrawn': 'WITHDRAWN',
  },
  REFUSED: {
    'ADDRESSEE read': 'REFUSED',
    'REQUESTER reconsideration-asked': 'ACKNOWLEDGED',
    'REQUESTER closed': 'CLOSED',
    'REQUESTER withdrawn': 'WITHDRAWN',
  },
  DECLINED_UNSPECIFIED: {
    'ADDRESSEE read': 'DECLINED_UNSPECIFIED',
    'REQUESTER closed': 'CLOSED',
    'REQUESTER withdrawn': 'WITHDRAWN',
  },
};

const MOVES: Record<string, MessageContract> = {
  delivered: legDelivered,
  read: legRead,
  acknowledged: legAcknowledged,
  'clarification-asked': clarificationAsked,
  'clarification-answered': clarificationAnswered,
  'authorisation-awaited': authorisationAwaited,
  'partially-answered': legPartiallyAnswered,
  answered: legAnswered,
  refused: legRefused,
  declined: legDeclined,
  'reconsideration-asked': reconsiderationAsked,
  closed: legClosed,
  withdrawn: requestWithdrawn,
};

const CELLS = requestLegStatus.options.flatMap((status) =>
  Object.keys(MOVES).flatMap((move) =>
    (['REQUESTER', 'ADDRESSEE'] as const).map((side) => ({
      status,
      side,
      move,
      to: ALLOWED[status]?.[`${side} ${move}`],
    })),
  ),
);
const senderOf = (side: 'REQUESTER' | 'ADDRESSEE') => ({ from: side === 'REQUESTER' ? RS : IQ });

describe('every move in every status by either side', () => {
  it('covers the full product', () => {
    expect(CELLS).toHaveLength(15 * 13 * 2);
    expect(CELLS.filter(({ to }) => to !== undefined)).toHaveLength(
      Object.values(ALLOWED).flatMap((moves) => Object.keys(moves)).length,
    );
  });

  it.each(CELLS.filter(({ to }) => to !== undefined))(
    '$status: $side $move leads to $to',
    ({ status, side, move, to }) => {
      const leg = legIn(status);
      const after = moved(leg, message(MOVES[move]!, senderOf(side)));
      expect(after.status).toBe(to);
      expect(after.version).toBe(leg.version + 1);
      expect(after.movedAt).toEqual(LATER);
    },
  );

  it.each(CELLS.filter(({ to }) => to === undefined))('$status: $side $move is refused', ({ status, side, move }) => {
    expect(refused(legIn(status), message(MOVES[move]!, senderOf(side)))).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
  });

  it.each(requestLegStatus.options)('%s: a second submission is no move', (status) => {
    const again = verified(requestSubmitted, requestHeader()) as unknown as LegMessage;
    expect(refused(legIn(status), again)).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
  });
});

describe('parties', () => {
  it.each(Object.keys(MOVES))('%s by a third participant finds no leg', (move) => {
    for (const status of requestLegStatus.options) {
      expect(refused(legIn(status), message(MOVES[move]!, { from: TR, to: RS }))).toBe('ERR_LEG_NOT_A_PARTY');
    }
  });

  it('refuses a party that writes past the other one', () => {
    expect(refused(legIn('DELIVERED'), message(legAnswered, { from: IQ, to: TR }))).toBe('ERR_LEG_NOT_A_PARTY');
    expect(refused(legIn('DELIVERED'), message(requestWithdrawn, { from: RS, to: TR }))).toBe('ERR_LEG_NOT_A_PARTY');
    expect(refused(legIn('DELIVERED'), message(legAnswered, { from: IQ, to: IQ }))).toBe('ERR_LEG_NOT_A_PARTY');
  });

  it('refuses a sender that signed as another participant than the header says', () => {
    const { event, ...rest } = message(legAcknowledged);
    const forged = { ...rest, event: { ...event, source: TR.participant } };
    expect(refused(legIn('DELIVERED'), forged)).toBe('ERR_LEG_NOT_A_PARTY');
  });

  it('refuses the leg under another request', () => {
    const other = message(legAcknowledged, { extra: { requestId: LEG_ID } });
    expect(refused(legIn('DELIVERED'), other)).toBe('ERR_LEG_NOT_A_PARTY');
  });

  it('says the same to strangers as about a leg that does not exist', () => {
    const result = moveLeg(legIn('DELIVERED'), message(legAnswered, { from: TR, to: RS }), context());
    expect(result).toMatchObject({ message: 'There is no such request leg for you. Check the leg id.' });
  });
});

describe('delivery', () => {
  it('starts the clock at the stated time', () => {
    const after = moved(legIn('SUBMITTED'), message(legDelivered, { time: DELIVERED_AT }));
    expect(after).toMatchObject({ deliveredAt: DELIVERED_AT, startedAt: DELIVERED_AT, clockState: 'RUNNING' });
    expect(after.dueAt).toEqual(at('2026-11-22T11:12:06.000Z'));
    expect(after.profile).toBe(PROFILE_ID);
  });

  it('must name the envelope of this leg', () => {
    const other = message(legDelivered, { extra: { submission: `${'C'.repeat(42)}A` } });
    expect(refused(legIn('SUBMITTED'), other)).toBe('ERR_LEG_SUBMISSION_MISMATCH');
  });

  it('happens once', () => {
    expect(refused(legIn('DELIVERED'), message(legDelivered))).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
  });

  it('is not claimed by the requester', () => {
    expect(refused(legIn('SUBMITTED'), message(legDelivered, { from: RS }))).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
  });

  it('has no due time where the profile sets none', () => {
    const result = moveLeg(legIn('SUBMITTED', { priority: 'NO_DEADLINE' }), message(legDelivered), {
      appendedAt: LATER,
      profileAt: () => ({ id: PROFILE_ID, allowed: null }),
    });
    expect(result).toMatchObject({ leg: { clockState: 'NONE', dueAt: null, profile: PROFILE_ID } });
  });
});

describe('reading', () => {
  it('keeps the first time', () => {
    const first = moved(legIn('DELIVERED'), message(legRead), LATER);
    const second = moved(first, message(legRead), at('2026-11-22T06:00:00.000Z'));
    expect(second).toMatchObject({ status: 'DELIVERED', readAt: LATER, version: 3 });
  });
});

describe('clarification', () => {
  it('pauses, and resumes where it was', () => {
    const asked = moved(legIn('PARTIALLY_ANSWERED'), message(clarificationAsked));
    expect(asked).toMatchObject({
      clockState: 'PAUSED',
      resumeStatus: 'PARTIALLY_ANSWERED',
      pendingClarification: CLARIFICATION_ID,
    });
    const answered = moved(asked, message(clarificationAnswered, { from: RS }), at('2026-11-22T06:00:00.000Z'));
    expect(answered).toMatchObject({
      status: 'PARTIALLY_ANSWERED',
      clockState: 'RUNNING',
      pausedMs: 3_600_000,
      pendingClarification: null,
      resumeStatus: null,
    });
    expect(answered.dueAt).toEqual(at('2026-11-22T12:12:06.000Z'));
  });

  it('refuses the answer to another question', () => {
    const other = message(clarificationAnswered, { from: RS, extra: { clarificationId: LEG_ID } });
    expect(refused(legIn('CLARIFICATION_SOUGHT'), other)).toBe('ERR_LEG_CLARIFICATION_UNKNOWN');
  });

  it('is not asked twice at once', () => {
    expect(refused(legIn('CLARIFICATION_SOUGHT'), message(clarificationAsked))).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
  });

  it.each([legPartiallyAnswered, legAnswered, legRefused, legDeclined])('ends with $type', (contract) => {
    const after = moved(legIn('CLARIFICATION_SOUGHT'), message(contract));
    expect(after).toMatchObject({ pendingClarification: null, resumeStatus: null, pausedSince: null });
    expect(after.pausedMs).toBe(LATER.getTime() - DELIVERED_AT.getTime());
    expect(refused(after, message(clarificationAnswered, { from: RS }))).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
  });
});

describe('answers', () => {
  it.each([legPartiallyAnswered, legAnswered])('$type names items of the request', (contract) => {
    expect(refused(legIn('DELIVERED'), message(contract, { extra: { items: ['1', '4'] } }))).toBe(
      'ERR_LEG_ITEM_UNKNOWN',
    );
    expect(refused(legIn('DELIVERED'), message(contract, { extra: { items: ['3'] } }))).toBeUndefined();
  });

  it('end the leg and its clock', () => {
    const after = moved(legIn('AWAITING_AUTHORISATION'), message(legAnswered));
    expect(after).toMatchObject({ status: 'ANSWERED', endedAt: LATER, stoppedAt: LATER, clockState: 'STOPPED' });
  });
});

describe('refusals', () => {
  it('are whole before any answer', () => {
    const after = moved(legIn('ACKNOWLEDGED'), message(legRefused));
    expect(after).toMatchObject({ status: 'REFUSED', endedAt: LATER, clockState: 'STOPPED' });
  });

  it('are partial after an answer, also across an interruption', () => {
    const partly = moved(legIn('DELIVERED'), message(legPartiallyAnswered));
    const awaiting = moved(partly, message(authorisationAwaited));
    expect(moved(awaiting, message(legRefused)).status).toBe('PARTIALLY_REFUSED');
    expect(moved(awaiting, message(legRefused, { extra: { items: ['2', '3'] } })).status).toBe('PARTIALLY_REFUSED');
  });

  it.each(['DELIVERED', 'ACKNOWLEDGED', 'CLARIFICATION_SOUGHT', 'AWAITING_AUTHORISATION'] as const)(
    'of items alone are refused in %s, before any answer',
    (status) => {
      const items = message(legRefused, { extra: { items: ['2'] } });
      expect(refused(legIn(status), items)).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
    },
  );

  it('name items of the request', () => {
    const unknown = message(legRefused, { extra: { items: ['4'] } });
    expect(refused(legIn('PARTIALLY_ANSWERED'), unknown)).toBe('ERR_LEG_ITEM_UNKNOWN');
  });

  it('cannot be edited', () => {
    expect(refused(legIn('REFUSED'), message(legRefused))).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
    expect(refused(legIn('REFUSED'), message(legAnswered))).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
  });
});

describe('reconsideration', () => {
  const asked = moved(
    legIn('REFUSED', { overdue: true, warned: 100, pausedMs: 5 }),
    message(reconsiderationAsked, { from: RS }),
  );

  it('starts a fresh run of the clock with the profile fixed at delivery', () => {
    expect(asked).toMatchObject({
      status: 'ACKNOWLEDGED',
      clockState: 'RUNNING',
      startedAt: LATER,
      pausedMs: 0,
      warned: 0,
      overdue: false,
      endedAt: null,
      stoppedAt: null,
      reconsidered: true,
      profile: PROFILE_ID,
    });
    expect(asked.deliveredAt).toEqual(DELIVERED_AT);
    expect(asked.dueAt).toEqual(at('2026-11-22T13:00:00.000Z'));
  });

  it('is asked for once', () => {
    const again = moved(asked, message(legRefused));
    expect(again.status).toBe('REFUSED');
    expect(refused(again, message(reconsiderationAsked, { from: RS }))).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
  });

  it('of a partial refusal keeps what was answered', () => {
    const after = moved(legIn('PARTIALLY_REFUSED'), message(reconsiderationAsked, { from: RS }));
    expect(moved(after, message(legRefused, { extra: { items: ['2'] } })).status).toBe('PARTIALLY_REFUSED');
  });
});

describe('the end', () => {
  it('keeps the outcome', () => {
    const after = moved(legIn('ANSWERED'), message(legClosed, { from: RS, extra: { outcome: 'NOT_IDENTIFIED' } }));
    expect(after).toMatchObject({ status: 'CLOSED', outcome: 'NOT_IDENTIFIED', endedAt: DELIVERED_AT });
  });

  it('of an undelivered leg never starts the clock', () => {
    const after = moved(legIn('SUBMITTED'), message(requestWithdrawn, { from: RS }));
    expect(after).toMatchObject({ status: 'WITHDRAWN', clockState: 'NOT_STARTED', startedAt: null, endedAt: LATER });
    expect(refused(after, message(legDelivered))).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
  });

  it('stops a paused clock', () => {
    const after = moved(legIn('CLARIFICATION_SOUGHT'), message(requestWithdrawn, { from: RS }));
    expect(after).toMatchObject({ clockState: 'STOPPED', stoppedAt: LATER, pausedSince: null });
  });

  it('comes by itself 30 days after the answer, and then nobody closes the leg', () => {
    const late = new Date(DELIVERED_AT.getTime() + 30 * 86_400_000 + 1);
    expect(refused(legIn('ANSWERED'), message(legClosed, { from: RS }), late)).toBe('ERR_LEG_MOVE_NOT_ALLOWED');
    const inTime = new Date(late.getTime() - 1);
    expect(refused(legIn('ANSWERED'), message(legClosed, { from: RS }), inTime)).toBeUndefined();
  });
});

describe('a broker clock that was set back', () => {
  it('takes effect at the move before', () => {
    const after = moved(legIn('DELIVERED', { movedAt: LATER }), message(legAnswered), at('2026-11-22T04:59:59.000Z'));
    expect(after.endedAt).toEqual(LATER);
  });
});

describe(openLeg.name, () => {
  it('keeps who asks whom, and no content', () => {
    const leg = openLeg(verified(requestSubmitted, requestHeader()), SUBMITTED_AT, 'Asia/Baghdad');
    expect(leg).toEqual(legIn('SUBMITTED'));
  });
});

describe(legStateOf.name, () => {
  it.each(requestLegStatus.options)('of a leg in %s matches its contract', (status) => {
    const shown = JSON.parse(JSON.stringify(legStateOf(legIn(status))));
    expect(legState.parse(shown)).toEqual(shown);
  });
});
