import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { applyAll, Community } from './community.fixture.js';
import { emptyHead, nextHead } from './head.js';

const sha256 = (...parts: (string | Buffer)[]) =>
  createHash('sha256')
    .update(Buffer.concat(parts.map((p) => Buffer.from(p))))
    .digest();

describe('head', () => {
  it('follows its documented rule', () => {
    const start = sha256('serai-directory\nproduction');
    expect(emptyHead('production')).toBe(start.toString('base64url'));
    expect(emptyHead('training')).not.toBe(emptyHead('production'));
    const [one, two] = [Buffer.from('one'), Buffer.from('two')];
    const expected = sha256(sha256(start, sha256(one)), sha256(two)).toString('base64url');
    expect(nextHead(nextHead(emptyHead('production'), one), two)).toBe(expected);
  });

  it('is the same for every way to cut the same changes into pieces', async () => {
    const community = await Community.found();
    const changes = await community.foundingChanges();
    const { head } = await applyAll(community.empty, changes);
    const cuts = fc.array(fc.nat(changes.length), { maxLength: 4 });
    const property = fc.asyncProperty(cuts, async (places) => {
      const pieces = [0, ...places.sort((a, b) => a - b), changes.length];
      let directory = community.empty;
      for (let i = 1; i < pieces.length; i += 1) {
        directory = await applyAll(directory, changes.slice(pieces[i - 1], pieces[i]));
        // Work on an older version in between must not leak into this one.
        await applyAll(community.empty, changes.slice(0, pieces[i]));
      }
      return directory.head === head && directory.version === changes.length;
    });
    await fc.assert(property, { numRuns: 20 });
  });

  it('does not depend on who signed, only on what', async () => {
    const community = await Community.found();
    const [signed] = await community.foundingChanges();
    const reversed = { ...signed!, signatures: [...signed!.signatures].reverse() };
    expect((await community.empty.apply(reversed)).head).toBe((await community.empty.apply(signed!)).head);
  });

  it('differs for every other payload or place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.uint8Array({ minLength: 1 }), (one, two) => {
        const start = emptyHead('production');
        fc.pre(!Buffer.from(one).equals(Buffer.from(two)));
        expect(nextHead(start, one)).not.toBe(nextHead(start, two));
        expect(nextHead(nextHead(start, one), two)).not.toBe(nextHead(nextHead(start, two), one));
      }),
    );
  });
});
