import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { FEED_GENESIS, feedHash } from './index.js';

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest();

describe(feedHash.name, () => {
  it('follows its documented rule', () => {
    const first = sha256(Buffer.concat([Buffer.alloc(32), sha256('a.b.c')]));
    const second = sha256(Buffer.concat([first, sha256('d.e.f')]));
    expect(feedHash(FEED_GENESIS, 'a.b.c')).toBe(first.toString('base64url'));
    expect(feedHash(feedHash(FEED_GENESIS, 'a.b.c'), 'd.e.f')).toBe(second.toString('base64url'));
  });

  it('differs for every other event, order or predecessor', () => {
    const event = fc.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    fc.assert(
      fc.property(event, event, (one, other) => {
        fc.pre(one !== other);
        const [first, second] = [feedHash(FEED_GENESIS, one), feedHash(FEED_GENESIS, other)];
        expect(first).not.toBe(second);
        expect(feedHash(first, other)).not.toBe(feedHash(second, one));
        expect(feedHash(first, one)).not.toBe(first);
      }),
    );
  });
});
