import { messageHashOf } from '#libs/evidence';
import type { ReceivedRecord } from '#libs/messaging';
import { logRecordOf, readRecord } from './log-record-of.js';

const ID = '0199f000-0000-7000-8000-000000000001';
const CLAIMS = {
  id: ID,
  source: 'urn:serai:participant:rs',
  type: 'serai.requests.leg.acknowledged.v1',
  producerseq: '17',
};
const jwsOf = (payload: unknown) => `aGVhZA.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`;
const received = (value: string | Buffer): ReceivedRecord => ({
  topic: 'requests.events',
  partition: 2,
  offset: 9_007_199_254_740_993n,
  key: ID,
  value: Buffer.from(value),
  headers: {},
  appendedAt: new Date('2026-11-23T01:02:03.004Z'),
});
const PLACE = {
  acceptedAt: '2026-11-23T01:02:03.004Z',
  offset: '9007199254740993',
  partition: 2,
  topic: 'requests.events',
};

describe(logRecordOf.name, () => {
  it('says where the record stands, and what its envelope claims', () => {
    const jws = jwsOf(CLAIMS);
    expect(logRecordOf(received(jws))).toEqual({
      ...PLACE,
      messageHash: messageHashOf(jws),
      id: ID,
      producer: CLAIMS.source,
      producerSequence: '17',
      type: CLAIMS.type,
    });
  });

  it('is of the event, whatever caused it', () => {
    const jws = jwsOf(CLAIMS);
    expect(logRecordOf(received(`${jws}\n${jwsOf({ other: 1 })}`))).toEqual(logRecordOf(received(jws)));
  });

  it('names no number where the envelope has none', () => {
    const { producerseq: _none, ...unnumbered } = CLAIMS;
    expect(logRecordOf(received(jwsOf(unnumbered)))).not.toHaveProperty('producerSequence');
  });

  it.each([
    ['nothing', ''],
    ['no JWS', '{"a":1}'],
    ['two parts', 'a.b'],
    ['four parts', 'a.b.c.d'],
    ['a payload that is no base64url', `a.${'A'.repeat(5)}.c`],
    ['a payload that is no JSON', `a.${Buffer.from('{').toString('base64url')}.c`],
    ['a list', jwsOf([CLAIMS])],
    ['an id that is none', jwsOf({ ...CLAIMS, id: 'x' })],
    ['a source that is none', jwsOf({ ...CLAIMS, source: 'rs' })],
    ['a number with a leading zero', jwsOf({ ...CLAIMS, producerseq: '017' })],
    ['a number that is no text', jwsOf({ ...CLAIMS, producerseq: 17 })],
    ['a type without end', jwsOf({ ...CLAIMS, type: 'x'.repeat(201) })],
  ])('takes %s for bytes', (_what, value) => {
    expect(logRecordOf(received(value))).toEqual({ ...PLACE, messageHash: messageHashOf(Buffer.from(value)) });
  });

  it('takes bytes that are no text for bytes', () => {
    const bytes = Buffer.from([0xff, 0x00, 0xfe]);
    expect(logRecordOf(received(bytes)).messageHash).toBe(messageHashOf(bytes));
  });
});

describe(readRecord.name, () => {
  const claimedBy = (claims: object) => readRecord(received(jwsOf({ ...CLAIMS, ...claims })));

  it('says when the envelope was made, and which it names before it', () => {
    const { claimed } = claimedBy({ time: '2026-11-23T01:02:03.004Z', producerprev: 'hash' });
    const moment = Date.UTC(2026, 10, 23, 1, 2, 3, 4);
    expect(claimed).toEqual({ appendedAt: moment, madeAt: moment, previous: 'hash' });
  });

  it.each([{}, { time: 7, producerprev: 7 }, { time: 'soon', producerprev: '' }])(
    'takes %j for an envelope that says neither',
    (claims) => {
      const { record, claimed } = claimedBy(claims);
      expect(record.id).toBe(ID);
      expect(claimed).toMatchObject({ madeAt: Number.NaN, previous: '' });
    },
  );
});
