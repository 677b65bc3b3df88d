import fc from 'fast-check';
import { compactVerify, importJWK } from 'jose';
import { isSeraiError } from '#libs/errors';
import { hashOf, signEnvelope, verifyEnvelope } from './index.js';
import { acknowledgement, type Holder, newHolder, policyFor, RS, signedBy } from './parties.fixture.js';

let holders: readonly [Holder, Holder];

beforeAll(async () => {
  holders = [await newHolder(RS), await newHolder(RS, 'ES256')];
});

const verified = (jws: string | Uint8Array) => verifyEnvelope(jws, policyFor(holders));
const refusedWithCode = (jws: string | Uint8Array) =>
  verified(jws).then(
    () => false,
    (error: unknown) => isSeraiError(error),
  );

describe('an envelope', () => {
  it('does not survive the change of any byte, in either algorithm', async () => {
    for (const holder of holders) {
      const good = Buffer.from(await signedBy(holder));
      const change = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) });
      const property = fc.asyncProperty(change, async ({ at, byte }) => {
        fc.pre(good[at] !== byte);
        const changed = Buffer.from(good);
        changed[at] = byte;
        expect(await refusedWithCode(changed)).toBe(true);
      });
      await fc.assert(property, { numRuns: 500 });
    }
  });

  it('does not survive a flipped bit of its signature, whichever', async () => {
    for (const holder of holders) {
      const [header, payload, signature] = (await signedBy(holder)).split('.') as [string, string, string];
      const raw = Buffer.from(signature, 'base64url');
      for (let bit = 0; bit < raw.length * 8; bit += 1) {
        const flipped = Buffer.from(raw);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(await refusedWithCode(`${header}.${payload}.${flipped.toString('base64url')}`)).toBe(true);
      }
    }
  });

  it('is judged as jose judges it, whatever its signature is', async () => {
    for (const holder of holders) {
      const [header, payload, signature] = (await signedBy(holder)).split('.') as [string, string, string];
      const key = await importJWK(holder.jwk, holder.signer.alg);
      const good = Buffer.from(signature, 'base64url');
      const halves = fc.constantFrom(good.subarray(0, 32), good.subarray(32), Buffer.alloc(32), Buffer.alloc(32, 0xff));
      const anySignature = fc.oneof(
        fc.uint8Array({ minLength: 64, maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
        fc.tuple(halves, halves).map((both) => Buffer.concat(both)),
      );
      const property = fc.asyncProperty(anySignature, async (raw) => {
        const jws = `${header}.${payload}.${raw.toString('base64url')}`;
        const isGoodForJose = await compactVerify(jws, key).then(
          () => true,
          () => false,
        );
        expect(!(await refusedWithCode(jws))).toBe(isGoodForJose);
      });
      await fc.assert(property, { numRuns: 200, examples: [[good]] });
    }
  });

  it('does not survive bytes that are put in or taken out', async () => {
    const good = await signedBy(holders[0]);
    const splice = fc.record({ at: fc.nat(good.length), drop: fc.nat(5), put: fc.string({ maxLength: 5 }) });
    const property = fc.asyncProperty(splice, async ({ at, drop, put }) => {
      const changed = good.slice(0, at) + put + good.slice(at + drop);
      fc.pre(changed !== good);
      expect(await refusedWithCode(changed)).toBe(true);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('is never anything but verified or refused with a code, whatever bytes come', async () => {
    const parts = fc.array(fc.base64String(), { maxLength: 5 }).map((texts) => texts.join('.'));
    const bytes = fc.uint8Array().map((array) => Buffer.from(array).toString('latin1'));
    const headers = fc
      .jsonValue()
      .map((value) => `${Buffer.from(JSON.stringify(value)).toString('base64url')}.e30.${'A'.repeat(86)}`);
    await fc.assert(
      fc.asyncProperty(fc.oneof(parts, bytes, headers), async (input) => {
        expect(await refusedWithCode(input)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('carries any text of any script in its header, and has one hash', async () => {
    const property = fc.asyncProperty(fc.string({ unit: 'binary' }), fc.constantFrom(0, 1), async (text, which) => {
      const event = acknowledgement();
      const header = { ...event.data.header, remark: text };
      const { jws, sha256 } = await signEnvelope({ ...event, data: { header } }, holders[which]!.signer);
      const [, payload] = jws.split('.');
      expect(JSON.parse(Buffer.from(payload!, 'base64url').toString()).data.header.remark).toBe(text);
      expect(await verified(jws)).toMatchObject({ sha256, jws });
      expect(hashOf(jws)).toBe(sha256);
    });
    await fc.assert(property, { numRuns: 100 });
  });
});
