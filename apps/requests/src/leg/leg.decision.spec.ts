import { legAcknowledged, legDelivered, requestSubmitted } from '#libs/contracts';
import type { AgreementRecord, DeskRecord } from '#libs/trust';
import { type DecisionContext, decide } from './leg.decision.js';
import {
  AGREEMENT_ID,
  IQ,
  legIn,
  message,
  PROFILE_ID,
  RS,
  requestHeader,
  SUBMITTED_AT,
  TR,
  verified,
} from './leg.fixtures.js';
import type { LegMessage } from './leg.state.js';

const DESKS = [RS, IQ, TR].map(({ participant, desk }) => ({ id: desk, participant, timeZone: 'Asia/Baghdad' }));
const context: DecisionContext = {
  appendedAt: SUBMITTED_AT,
  book: {
    deskAt: (urn) => DESKS.find(({ id }) => id === urn) as DeskRecord | undefined,
    agreementFor: () => ({ id: AGREEMENT_ID, legalBasis: 'MEMORANDUM' }) as AgreementRecord,
  },
  profileAt: () => ({ id: PROFILE_ID, allowed: 'PT8H' }),
};
const request = verified(requestSubmitted, requestHeader()) as unknown as LegMessage;

describe(decide.name, () => {
  it('opens a leg with the time zone of the desk that is asked', () => {
    expect(decide(undefined, request, context)).toEqual({ leg: legIn('SUBMITTED'), passed: [] });
  });

  it('moves a leg that exists', () => {
    expect(decide(legIn('SUBMITTED'), message(legDelivered), context)).toMatchObject({ leg: { status: 'DELIVERED' } });
  });

  it('refuses a move of a leg that nobody opened', () => {
    expect(decide(undefined, message(legAcknowledged), context)).toMatchObject({ code: 'ERR_LEG_UNKNOWN' });
  });

  it('refuses a request for a leg that exists', () => {
    expect(decide(legIn('SUBMITTED'), request, context)).toMatchObject({ code: 'ERR_LEG_DUPLICATE' });
  });

  it('refuses a request that breaks a rule', () => {
    const noPurpose = verified(requestSubmitted, { ...requestHeader(), purpose: undefined });
    const decision = decide(undefined, noPurpose as unknown as LegMessage, context);
    expect(decision).toMatchObject({ code: 'ERR_REQUEST_NO_PURPOSE' });
  });

  it('refuses a party that speaks through a foreign desk', () => {
    const borrowed = message(legAcknowledged, { extra: { sender: { ...IQ, desk: TR.desk } } });
    expect(decide(legIn('DELIVERED'), borrowed, context)).toMatchObject({ code: 'ERR_REQUEST_SENDER_UNKNOWN' });
  });

  it.each([
    ['a request', request],
    ['a move', message(legAcknowledged)],
  ])('refuses %s under the subject of another leg before anything else', (_name, { event, ...rest }) => {
    const elsewhere = { ...rest, event: { ...event, subject: AGREEMENT_ID } } as LegMessage;
    expect(decide(legIn('DELIVERED'), elsewhere, context)).toMatchObject({ code: 'ERR_LEG_UNKNOWN' });
  });

  it('tells a stranger with a foreign desk nothing but that there is no leg', () => {
    const stranger = message(legAcknowledged, { from: TR, to: RS, extra: { sender: { ...TR, desk: RS.desk } } });
    expect(decide(legIn('DELIVERED'), stranger, context)).toMatchObject({ code: 'ERR_LEG_NOT_A_PARTY' });
  });
});
