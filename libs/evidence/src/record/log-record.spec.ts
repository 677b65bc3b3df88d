import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { canonicalRecord, type LogRecord, leafEntry, messageHashOf, SALT_BYTES } from '../index.js';

const RECORD: LogRecord = {
  type: 'serai.requests.leg.acknowledged.v1',
  topic: 'requests.submissions',
  producerSequence: '17',
  producer: 'urn:serai:participant:rs',
  partition: 3,
  offset: '9007199254740993',
  messageHash: messageHashOf('a.b.c'),
  id: '0199f000-0000-7000-8000-000000000001',
  acceptedAt: '2026-11-23T01:02:03.004Z',
};
const SALT = Buffer.alloc(SALT_BYTES, 7);
const REFUSED = expect.objectContaining({ code: 'ERR_LOG_MALFORMED' }) as Error;

describe(canonicalRecord.name, () => {
  it('is the canonical form of RFC 8785, however the members stand', () => {
    expect(canonicalRecord(RECORD).toString()).toBe(
      '{"acceptedAt":"2026-11-23T01:02:03.004Z","id":"0199f000-0000-7000-8000-000000000001",' +
        '"messageHash":"hF4wRIgJ4ryJWOsCW_x5UjXROwd6U9DDq70jhRcNybg","offset":"9007199254740993","partition":3,' +
        '"producer":"urn:serai:participant:rs","producerSequence":"17","topic":"requests.submissions",' +
        '"type":"serai.requests.leg.acknowledged.v1"}',
    );
  });

  it('leaves out what the record did not name', () => {
    const { acceptedAt, messageHash, offset, partition, topic } = RECORD;
    const opaque = JSON.parse(canonicalRecord({ acceptedAt, messageHash, offset, partition, topic }).toString());
    expect(Object.keys(opaque)).toEqual(['acceptedAt', 'messageHash', 'offset', 'partition', 'topic']);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses partition %s', (partition) => {
    expect(() => canonicalRecord({ ...RECORD, partition })).toThrow(REFUSED);
  });

  it('refuses text that is no Unicode', () => {
    expect(() => canonicalRecord({ ...RECORD, type: '\ud800' })).toThrow(REFUSED);
  });
});

describe(leafEntry.name, () => {
  it('is a version and the code of the record under its salt', () => {
    const entry = leafEntry(RECORD, SALT);
    const code = createHmac('sha256', SALT).update(canonicalRecord(RECORD)).digest('hex');
    expect(entry.toString('hex')).toBe(`01${code}`);
  });

  it('differs with each member of the record', () => {
    const entry = leafEntry(RECORD, SALT);
    for (const name of Object.keys(RECORD) as (keyof LogRecord)[]) {
      const { [name]: _gone, ...rest } = RECORD;
      const other = name === 'partition' ? { ...RECORD, partition: 4 } : { ...RECORD, [name]: `${RECORD[name]}0` };
      expect(leafEntry(other, SALT)).not.toEqual(entry);
      if (name !== 'partition') expect(leafEntry(rest as LogRecord, SALT)).not.toEqual(entry);
    }
  });

  it('differs with each bit of the salt', () => {
    fc.assert(
      fc.property(fc.nat({ max: SALT_BYTES * 8 - 1 }), (bit) => {
        const other = Buffer.from(SALT);
        other[bit >> 3]! ^= 1 << (bit & 7);
        expect(leafEntry(RECORD, other)).not.toEqual(leafEntry(RECORD, SALT));
      }),
    );
  });

  it.each([0, 31, 33])('refuses a salt of %i bytes', (length) => {
    expect(() => leafEntry(RECORD, Buffer.alloc(length))).toThrow(REFUSED);
  });
});
