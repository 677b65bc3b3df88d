import type { Directory } from '#libs/trust';
import { checkRequest, type NewRequest } from './request.rules.js';

const rs = 'urn:serai:participant:rs';
const iq = 'urn:serai:participant:iq';
const desk = 'urn:serai:desk:rs:ncc';
const asked = 'urn:serai:desk:iq:ncc';
const now = new Date('2026-11-22T03:00:00.000Z');
const acting = { desk, purpose: 'INVESTIGATION' } as const;
const agreement = { id: 'a', legalBasis: 'MEMORANDUM' };

/** A directory with one desk each, and an agreement for IDENTITY. */
const directory = {
  deskAt: (urn: string) => ({ [desk]: { participant: rs }, [asked]: { participant: iq } })[urn],
  participantAt: (urn: string) => (urn === iq ? {} : undefined),
  agreementFor: ({ to, kind, agreementId = 'a' }: { to: string; kind: string; agreementId?: string }) =>
    to === iq && kind === 'IDENTITY' && agreementId === 'a' ? agreement : undefined,
  routesFrom: () => [{ to: iq, kinds: ['IDENTITY'], agreement }],
} as unknown as Directory;

function request(change: Partial<NewRequest> = {}): NewRequest {
  return {
    recipients: [{ participant: iq, desk: asked }],
    kind: 'IDENTITY',
    priority: 'ROUTINE',
    content: { items: [{ itemId: '1' }, { itemId: '2' }] },
    ...change,
  } as NewRequest;
}

const check = (change: Partial<NewRequest> = {}, desk_ = desk) =>
  checkRequest(request(change), { directory, participant: rs, acting: { ...acting, desk: desk_ }, now });

describe(checkRequest.name, () => {
  it('finds the agreement, takes the purpose of the act and an end after 30 days', () => {
    expect(check()).toEqual({
      recipients: [{ participant: iq, desk: asked, agreement }],
      purpose: 'INVESTIGATION',
      expiresAt: new Date('2026-12-22T03:00:00.000Z'),
    });
    expect(check({ purpose: 'PREVENTION', expiresAt: '2026-11-23T00:00:00.000Z' })).toMatchObject({
      purpose: 'PREVENTION',
      expiresAt: new Date('2026-11-23T00:00:00.000Z'),
    });
  });

  it('leaves to the hub what the hub decides, and names the agreement that there is', () => {
    for (const change of [
      { priority: 'URGENT_DIRECT' },
      { kind: 'VICTIM_ORIGIN_SUPPORT' },
      { kind: 'FINANCIAL_POINTER' },
      { recipients: [{ participant: iq, desk: asked, agreement: 'b' }] },
    ] as Partial<NewRequest>[]) {
      expect(check(change).recipients).toMatchObject([{ agreement }]);
    }
  });

  it('names no agreement where there is none', () => {
    const alone = { ...directory, routesFrom: () => [], agreementFor: () => undefined } as unknown as Directory;
    const checked = checkRequest(request(), { directory: alone, participant: rs, acting, now });
    expect(checked.recipients).toEqual([{ participant: iq, desk: asked }]);
  });

  it.each<[string, Partial<NewRequest>, string]>([
    [
      'to a participant that is not there',
      { recipients: [{ participant: 'urn:serai:participant:bg', desk: asked }] },
      'ERR_REQUEST_RECIPIENT_UNKNOWN',
    ],
    ['to a desk of another one', { recipients: [{ participant: iq, desk }] }, 'ERR_REQUEST_RECIPIENT_UNKNOWN'],
    ['that is over already', { expiresAt: '2026-11-22T03:00:00.000Z' }, 'ERR_REQUEST_EXPIRED'],
    [
      'whose items are not numbered from 1',
      { content: { items: [{ itemId: '2' }] } as NewRequest['content'] },
      'ERR_REQUEST_INVALID',
    ],
  ])('refuses a request %s', (_, change, code) => {
    expect(() => check(change)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses one recipient that is not there together with the others', () => {
    const recipients = [
      { participant: iq, desk: asked },
      { participant: 'urn:serai:participant:bg', desk: 'urn:serai:desk:bg:ncc' },
    ];
    expect(() => check({ recipients })).toThrow(expect.objectContaining({ code: 'ERR_REQUEST_RECIPIENT_UNKNOWN' }));
  });

  it('refuses a desk that the directory does not know as ours', () => {
    for (const foreign of [asked, 'urn:serai:desk:rs:closed']) {
      expect(() => check({}, foreign)).toThrow(expect.objectContaining({ code: 'ERR_REQUEST_SENDER_UNKNOWN' }));
    }
  });
});
