import { randomBytes } from 'node:crypto';
import { SALT_BYTES } from '#libs/evidence';
import { SaltWrap } from './salt-wrap.js';

const wrap = new SaltWrap(Buffer.alloc(32, 1));
const salt = randomBytes(SALT_BYTES);

describe(SaltWrap.name, () => {
  it('gives back what it wrapped, and shows nothing of it', () => {
    const wrapped = wrap.wrap(salt);
    expect(wrapped).toHaveLength(40);
    expect(wrapped.includes(salt.subarray(0, 8))).toBe(false);
    expect(wrap.unwrap(wrapped)).toEqual(salt);
  });

  it('gives back nothing under another secret', () => {
    expect(new SaltWrap(Buffer.alloc(32, 2)).unwrap(wrap.wrap(salt))).toBeUndefined();
  });

  it.each(Array.from({ length: 40 }, (_, place) => place))('gives back nothing when byte %i was changed', (place) => {
    const wrapped = wrap.wrap(salt);
    wrapped[place]! ^= 1;
    expect(wrap.unwrap(wrapped)).toBeUndefined();
  });

  it.each([0, 16, 24, 39, 41, 48])('gives back nothing for %i bytes', (length) => {
    expect(wrap.unwrap(Buffer.alloc(length))).toBeUndefined();
  });
});
