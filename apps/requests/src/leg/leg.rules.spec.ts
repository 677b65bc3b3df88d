import { legAcknowledged, type RequestKind, requestKind, requestSubmitted } from '#libs/contracts';
import type { AgreementRecord, DeskRecord } from '#libs/trust';
import { AGREEMENT_ID, at, IQ, LEG_ID, legIn, message, RS, requestHeader, TR, verified } from './leg.fixtures.js';
import { deskRefusal, type RuleBook, requestRefusal, subjectRefusal } from './leg.rules.js';
import type { LegMessage } from './leg.state.js';

const NOW = at('2026-11-22T03:00:00.000Z');
const DESKS = [RS, IQ, TR].map(({ participant, desk }) => ({ id: desk, participant }));
const AGREEMENT = { id: AGREEMENT_ID, legalBasis: 'MEMORANDUM' } as AgreementRecord;

/** Serbia may ask Iraq for identities under one memorandum; nothing else may be asked. */
const book: RuleBook = {
  deskAt: (urn) => DESKS.find(({ id }) => id === urn) as DeskRecord | undefined,
  agreementFor: ({ from, to, kind, agreementId }) =>
    from === RS.participant && to === IQ.participant && kind === 'IDENTITY' && agreementId === AGREEMENT_ID
      ? AGREEMENT
      : undefined,
};

type Header = ReturnType<typeof requestHeader>;
const ask = (changed: Partial<Header> = {}, source = RS.participant) =>
  verified(requestSubmitted, requestHeader(changed as never), { source });
const codeOf = (changed: Partial<Header>, source?: string) =>
  requestRefusal(ask(changed, source), undefined, book, NOW)?.code;
const memorandum = requestHeader().legalBasis;

describe(requestRefusal.name, () => {
  it('accepts a request that keeps every rule', () => {
    expect(requestRefusal(ask(), undefined, book, NOW)).toBeUndefined();
  });

  it.each(['ROUTINE', 'NO_DEADLINE'] as const)('asks for no urgency ground of %s', (priority) => {
    expect(codeOf({ priority, urgencyGround: undefined } as never)).toBeUndefined();
  });

  it.each([
    ['a desk of another participant', { sender: { ...RS, desk: TR.desk } }, 'ERR_REQUEST_SENDER_UNKNOWN'],
    ['a desk nobody opened', { sender: { ...RS, desk: 'urn:serai:desk:rs:none' } }, 'ERR_REQUEST_SENDER_UNKNOWN'],
    ['a sender who did not sign', { sender: TR }, 'ERR_REQUEST_SENDER_UNKNOWN'],
    [
      'a recipient desk nobody opened',
      { recipient: { ...IQ, desk: 'urn:serai:desk:iq:none' } },
      'ERR_REQUEST_RECIPIENT_UNKNOWN',
    ],
    ['a recipient desk of a third country', { recipient: { ...IQ, desk: TR.desk } }, 'ERR_REQUEST_RECIPIENT_UNKNOWN'],
    ['itself', { recipient: RS }, 'ERR_REQUEST_RECIPIENT_UNKNOWN'],
    ['a reserved kind', { kind: 'VICTIM_ORIGIN_SUPPORT' }, 'ERR_REQUEST_KIND_RESERVED'],
    ['no purpose', { purpose: undefined }, 'ERR_REQUEST_NO_PURPOSE'],
    ['URGENT_DIRECT without ground', { urgencyGround: undefined }, 'ERR_REQUEST_URGENCY_UNJUSTIFIED'],
    [
      'URGENT_INDIRECT without ground',
      { priority: 'URGENT_INDIRECT', urgencyGround: undefined },
      'ERR_REQUEST_URGENCY_UNJUSTIFIED',
    ],
    ['an expiry in the past', { expiresAt: '2026-11-22T02:59:59.999Z' }, 'ERR_REQUEST_EXPIRED'],
    ['an expiry at this very moment', { expiresAt: NOW.toISOString() }, 'ERR_REQUEST_EXPIRED'],
    ['no legal basis', { legalBasis: undefined }, 'ERR_REQUEST_NO_LEGAL_BASIS'],
    ['another agreement', { legalBasis: { ...memorandum, agreement: LEG_ID } }, 'ERR_REQUEST_NO_AGREEMENT'],
    [
      'another basis than the agreement has',
      { legalBasis: { ...memorandum, code: 'TREATY' } },
      'ERR_REQUEST_NO_AGREEMENT',
    ],
    ['a pair without agreement', { recipient: TR }, 'ERR_REQUEST_NO_AGREEMENT'],
  ])('refuses %s', (_name, changed, code) => {
    expect(codeOf(changed as never)).toBe(code);
  });

  it('refuses the other direction of an agreement', () => {
    expect(codeOf({ sender: IQ, recipient: RS }, IQ.participant)).toBe('ERR_REQUEST_NO_AGREEMENT');
  });

  it.each(requestKind.options.filter((kind) => kind !== 'IDENTITY' && kind !== 'VICTIM_ORIGIN_SUPPORT'))(
    'refuses kind %s, which the agreement does not name',
    (kind: RequestKind) => expect(codeOf({ kind } as never)).toBe('ERR_REQUEST_NO_AGREEMENT'),
  );

  it('asks the directory for the append time', () => {
    const asked: Date[] = [];
    const watched: RuleBook = {
      deskAt(urn, when) {
        asked.push(when);
        return book.deskAt(urn, when);
      },
      agreementFor(question) {
        asked.push(question.at);
        return book.agreementFor(question);
      },
    };
    requestRefusal(ask(), undefined, watched, NOW);
    expect(new Set(asked)).toEqual(new Set([NOW]));
    expect(asked).toHaveLength(3);
  });

  it('refuses a leg that exists, but only after every other rule', () => {
    expect(requestRefusal(ask(), legIn('SUBMITTED'), book, NOW)?.code).toBe('ERR_LEG_DUPLICATE');
    expect(requestRefusal(ask({ recipient: TR }), legIn('SUBMITTED'), book, NOW)?.code).toBe(
      'ERR_REQUEST_NO_AGREEMENT',
    );
  });

  it('tells the sender what to do, and nothing of the content', () => {
    expect(requestRefusal(ask({ purpose: undefined } as never), undefined, book, NOW)).toEqual({
      code: 'ERR_REQUEST_NO_PURPOSE',
      message: 'State the purpose of the request.',
    });
  });
});

describe(deskRefusal.name, () => {
  it('lets any open desk of the participant speak', () => {
    expect(deskRefusal(message(legAcknowledged), book, NOW)).toBeUndefined();
  });

  it('refuses the desk of another participant', () => {
    const borrowed = message(legAcknowledged, { extra: { sender: { ...IQ, desk: RS.desk } } });
    expect(deskRefusal(borrowed, book, NOW)?.code).toBe('ERR_REQUEST_SENDER_UNKNOWN');
  });

  it('refuses a desk that is closed by then', () => {
    const closed: RuleBook = { ...book, deskAt: () => undefined };
    expect(deskRefusal(message(legAcknowledged), closed, NOW)?.code).toBe('ERR_REQUEST_SENDER_UNKNOWN');
  });
});

describe(subjectRefusal.name, () => {
  it('refuses a message under the subject of another leg', () => {
    const header = message(legAcknowledged).event.data.header;
    const elsewhere = verified(legAcknowledged, header, { subject: AGREEMENT_ID }) as LegMessage;
    expect(subjectRefusal(elsewhere)?.code).toBe('ERR_LEG_UNKNOWN');
    expect(subjectRefusal(message(legAcknowledged))).toBeUndefined();
  });
});
