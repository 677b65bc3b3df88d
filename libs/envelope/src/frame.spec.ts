import fc from 'fast-check';
import { frameEvent, parseFrame } from './index.js';
import { refusal } from './parties.fixture.js';

const LIMIT = 1000;
const part = fc.stringMatching(/^[\w-]{1,40}$/);
const jws = fc.tuple(part, part, part).map((parts) => parts.join('.'));
const refused = (value: string | Uint8Array) =>
  expect(() => parseFrame(Buffer.from(value), LIMIT)).toThrow(refusal('ERR_RECORD_MALFORMED') as Error);

describe(parseFrame.name, () => {
  it('takes apart what was framed, byte for byte', () => {
    fc.assert(
      fc.property(jws, fc.option(jws, { nil: undefined }), (eventJws, causeJws) => {
        const expected = causeJws === undefined ? { eventJws } : { eventJws, causeJws };
        expect(parseFrame(frameEvent(eventJws, causeJws), LIMIT)).toEqual(expected);
      }),
    );
  });

  it.each([
    '',
    '\n',
    'a.b',
    'a.b.c.d',
    'a..c',
    'a.b.c\n',
    '\na.b.c',
    'a.b.c\n\n',
    'a.b.c\nd.e.f\n',
    'a.b.c\nd.e.f\ng.h.i',
    'a.b.c\r\nd.e.f',
    'a.b.c d.e.f',
    'a.b.c\nd.e',
    'a.b.c=',
    'a.b.c\0',
    '{"a":1}',
  ])('refuses %j', (value) => {
    refused(value);
  });

  it('refuses other bytes and what is too large', () => {
    refused(Uint8Array.from([0x61, 0x2e, 0x62, 0x2e, 0xe1]));
    expect(parseFrame(Buffer.from(`a.b.${'c'.repeat(LIMIT - 4)}`), LIMIT).eventJws).toHaveLength(LIMIT);
    refused(`a.b.${'c'.repeat(LIMIT - 3)}`);
  });
});
