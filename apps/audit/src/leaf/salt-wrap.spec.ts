import { randomBytes } from 'node:crypto';
import { SALT_BYTES } from '#libs/evidence';
import { SaltWrap } from './salt-wrap.js';

const ORIGIN = 'hub.example/audit/2026';
const wrap = new SaltWrap(Buffer.alloc(32, 1), ORIGIN);
const salts = randomBytes(SALT_BYTES * 10);
const saltAt = (bytes: Buffer, index: number) => bytes.subarray(index * SALT_BYTES, (index + 1) * SALT_BYTES);

describe(SaltWrap.name, () => {
  it('gives back what it wrapped, and shows nothing of it', () => {
    const wrapped = wrap.wrap(1_000, salts);
    expect(wrapped).toHaveLength(salts.length);
    expect(wrapped.includes(salts.subarray(0, 8))).toBe(false);
    expect(wrap.wrap(1_000, wrapped)).toEqual(salts);
  });

  it.each([0, 1, 9])('gives back the salt of one leaf alone: %i', (index) => {
    const wrapped = wrap.wrap(1_000, salts);
    expect(wrap.wrap(1_000 + index, saltAt(wrapped, index))).toEqual(saltAt(salts, index));
  });

  it('gives back something else for another leaf, under another secret and for another log', () => {
    const wrapped = saltAt(wrap.wrap(7, salts), 0);
    const salt = saltAt(salts, 0);
    expect(wrap.wrap(7, wrapped)).toEqual(salt);
    expect(wrap.wrap(8, wrapped)).not.toEqual(salt);
    expect(new SaltWrap(Buffer.alloc(32, 2), ORIGIN).wrap(7, wrapped)).not.toEqual(salt);
    expect(new SaltWrap(Buffer.alloc(32, 1), 'hub.example/audit/2027').wrap(7, wrapped)).not.toEqual(salt);
  });

  it('never uses a part of the key stream twice', () => {
    const stream = wrap.wrap(0, Buffer.alloc(SALT_BYTES * 1_000));
    const blocks = Array.from({ length: 2_000 }, (_, block) => stream.toString('hex', block * 16, block * 16 + 16));
    expect(new Set(blocks).size).toBe(blocks.length);
    expect(wrap.wrap(2 ** 53 - 1, Buffer.alloc(SALT_BYTES))).toHaveLength(SALT_BYTES);
  });
});
