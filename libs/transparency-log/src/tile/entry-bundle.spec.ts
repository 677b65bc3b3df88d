import { decodeEntryBundle, encodeEntryBundle, MAX_ENTRY_BYTES } from '../index.js';

const refusal = (code: string) => expect.objectContaining({ code });
const entries = [Buffer.from('one'), Buffer.alloc(0), Buffer.alloc(MAX_ENTRY_BYTES, 7), Buffer.from('four')];

it('comes back as it went in', () => {
  expect(encodeEntryBundle([Buffer.from('ab'), Buffer.alloc(0)]).toString('hex')).toBe('000261620000');
  expect(decodeEntryBundle(encodeEntryBundle(entries), 4)).toEqual(entries);
  const full = Array.from({ length: 256 }, (_, index) => Buffer.alloc(index, index));
  expect(decodeEntryBundle(new Uint8Array(encodeEntryBundle(full)), 256)).toEqual(full);
});

it('is refused when cut anywhere, or when something follows', () => {
  const bundle = encodeEntryBundle([Buffer.from('one'), Buffer.alloc(300), Buffer.from('x')]);
  for (let length = 0; length < bundle.length; length += 1)
    expect(() => decodeEntryBundle(bundle.subarray(0, length), 3)).toThrow(refusal('ERR_LOG_TILE'));
  expect(() => decodeEntryBundle(Buffer.concat([bundle, Buffer.alloc(1)]), 3)).toThrow(refusal('ERR_LOG_TILE'));
  expect(() => decodeEntryBundle(Buffer.concat([bundle, Buffer.alloc(2)]), 3)).toThrow(refusal('ERR_LOG_TILE'));
});

it('is refused with another number of entries', () => {
  const bundle = encodeEntryBundle(entries);
  expect(() => decodeEntryBundle(bundle, 3)).toThrow(refusal('ERR_LOG_TILE'));
  expect(() => decodeEntryBundle(bundle, 5)).toThrow(refusal('ERR_LOG_TILE'));
});

it.each([0, -1, 257, 1.5, Number.NaN])('has no width of %p', (width) => {
  expect(() => decodeEntryBundle(Buffer.alloc(2 * 257), width)).toThrow(refusal('ERR_LOG_RANGE'));
});

it('takes 1 to 256 entries of at most 65,535 bytes', () => {
  expect(() => encodeEntryBundle([])).toThrow(refusal('ERR_LOG_RANGE'));
  expect(() => encodeEntryBundle(Array.from({ length: 257 }, () => Buffer.alloc(1)))).toThrow(refusal('ERR_LOG_RANGE'));
  expect(() => encodeEntryBundle([Buffer.alloc(MAX_ENTRY_BYTES + 1)])).toThrow(refusal('ERR_LOG_RANGE'));
});
