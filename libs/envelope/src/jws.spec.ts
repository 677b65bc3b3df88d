import { createHmac } from 'node:crypto';
import { MAX_ENVELOPE_BYTES } from '#libs/contracts';
import { ENVELOPE_TYP, type VerificationPolicy, verifyEnvelope } from './index.js';
import {
  acknowledgement,
  type Holder,
  headerOf,
  NOW,
  newHolder,
  newParties,
  policyFor,
  RS,
  rawJws,
  refusal,
  resolverOf,
  signedBy,
} from './parties.fixture.js';

let rs: Holder;
let rs256: Holder;
let iq: Holder;
let everybody: Holder[];

beforeAll(async () => {
  ({ rs, rs256, iq, everybody } = await newParties());
});

const verified = (jws: string | Uint8Array, altered: Partial<VerificationPolicy> = {}) =>
  verifyEnvelope(jws, policyFor(everybody, altered));
const refused = (jws: string | Uint8Array, code: string, step?: string, altered: Partial<VerificationPolicy> = {}) =>
  expect(verified(jws, altered)).rejects.toEqual(refusal(code, step));

describe('size and shape', () => {
  it('refuses what is too large before it looks at it', async () => {
    await refused('.'.repeat(MAX_ENVELOPE_BYTES + 1), 'ERR_ENVELOPE_TOO_LARGE');
    await refused(Buffer.alloc(MAX_ENVELOPE_BYTES + 1), 'ERR_ENVELOPE_TOO_LARGE');
    const jws = await signedBy(rs);
    await refused(jws, 'ERR_ENVELOPE_TOO_LARGE', undefined, { maxBytes: jws.length - 1 });
    await expect(verified(jws, { maxBytes: jws.length })).resolves.toBeDefined();
  });

  it('refuses anything but three parts', async () => {
    const jws = await signedBy(rs);
    const [header, payload, signature] = jws.split('.') as [string, string, string];
    for (const wrong of [
      '',
      '.',
      '..',
      '...',
      header,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      `${jws}.`,
      `${jws}.AAAA`,
      `.${jws}`,
    ]) {
      await refused(wrong, 'ERR_ENVELOPE_MALFORMED', 'three parts');
    }
  });

  it('refuses every encoding of the same bytes but the canonical one', async () => {
    const jws = await signedBy(rs);
    const parts = jws.split('.') as [string, string, string];
    const withPart = (index: number, part: string) => parts.map((p, i) => (i === index ? part : p)).join('.');
    const withStrayBits = (part: string) => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      return part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1)!) ^ 1]!;
    };
    for (const index of [0, 1, 2]) {
      const part = parts[index]!;
      for (const other of [
        `${part}=`,
        `${part}==`,
        `${part}\n`,
        ` ${part}`,
        `${part.slice(0, 4)}\r\n${part.slice(4)}`,
      ]) {
        await refused(withPart(index, other), 'ERR_ENVELOPE_MALFORMED');
      }
      if (part.length % 4 !== 0) await refused(withPart(index, withStrayBits(part)), 'ERR_ENVELOPE_MALFORMED');
    }
    await refused(Buffer.concat([Buffer.from(jws), Buffer.from([0])]), 'ERR_ENVELOPE_MALFORMED');
    await refused(`\uFEFF${jws}`, 'ERR_ENVELOPE_MALFORMED');
    await refused(jws.replaceAll('-', '+').replaceAll('_', '/').concat('+'), 'ERR_ENVELOPE_MALFORMED');
  });

  it('refuses every truncation', async () => {
    const jws = await signedBy(rs);
    for (let length = 0; length < jws.length; length += 7) {
      await expect(verified(jws.slice(0, length))).rejects.toEqual(refusal('ERR_ENVELOPE_MALFORMED'));
    }
  });
});

describe('protected header', () => {
  it.each([
    ['crit', { crit: ['exp'] }],
    ['b64', { b64: false }],
    ['b64 with crit', { b64: false, crit: ['b64'] }],
    ['jku', { jku: 'https://keys.example/' }],
    ['jwk', { jwk: { kty: 'OKP' } }],
    ['x5u', { x5u: 'https://keys.example/' }],
    ['x5c', { x5c: ['MII'] }],
    ['zip', { zip: 'DEF' }],
    ['cty', { cty: 'application/json' }],
    ['an unknown member', { mood: 'good' }],
  ])('refuses %s', async (_name, member) => {
    const jws = await rawJws(rs, { ...headerOf(rs), ...member }, JSON.stringify(acknowledgement()));
    await refused(jws, 'ERR_ENVELOPE_HEADER', 'unknown member');
  });

  it.each([
    ['another typ', { typ: 'serai-caller+jwt' }],
    ['JWT', { typ: 'JWT' }],
    ['upper case', { typ: ENVELOPE_TYP.toUpperCase() }],
    ['the media type in full', { typ: `application/${ENVELOPE_TYP}` }],
    ['no typ', { typ: undefined }],
  ])('refuses a wrong typ: %s', async (_name, member) => {
    const jws = await rawJws(rs, { ...headerOf(rs), ...member }, JSON.stringify(acknowledgement()));
    await refused(jws, 'ERR_ENVELOPE_HEADER', 'typ');
  });

  it.each([
    ['a number', 7],
    ['empty', ''],
    ['absent', undefined],
    ['too long', 'A'.repeat(44)],
    ['not canonical', `${'A'.repeat(42)}B`],
  ])('refuses a kid that is no thumbprint: %s', async (_name, kid) => {
    const jws = await rawJws(rs, { ...headerOf(rs), kid }, JSON.stringify(acknowledgement()));
    await refused(jws, 'ERR_ENVELOPE_HEADER', 'kid');
  });

  it('refuses duplicate members, arrays, scalars, invalid UTF-8 and oversized headers', async () => {
    const { kid } = rs.signer;
    const payload = JSON.stringify(acknowledgement());
    for (const header of [
      `{"alg":"Ed25519","kid":"${kid}","typ":"${ENVELOPE_TYP}","typ":"${ENVELOPE_TYP}"}`,
      `{"alg":"Ed25519","kid":"${kid}","typ":"${ENVELOPE_TYP}","\\u0061lg":"none"}`,
      `["Ed25519","${kid}","${ENVELOPE_TYP}"]`,
      '"Ed25519"',
      'null',
      '{',
      `{"alg":"Ed25519","kid":"${kid}","typ":"${ENVELOPE_TYP}"}${' '.repeat(400)}`,
    ]) {
      await refused(await rawJws(rs, header, payload), 'ERR_ENVELOPE_HEADER');
    }
    const invalid = Buffer.concat([Buffer.from('{"alg":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    await refused(`${invalid.toString('base64url')}.e30.${'A'.repeat(86)}`, 'ERR_ENVELOPE_HEADER');
  });
});

describe('algorithm', () => {
  it.each([
    'none',
    'None',
    'NONE',
    'HS256',
    'HS512',
    'RS256',
    'PS256',
    'ES384',
    'ES256K',
    'EdDSA',
    'Ed448',
    'ed25519',
    '',
    7,
  ])('refuses %s', async (alg) => {
    const jws = await rawJws(rs, { ...headerOf(rs), alg }, JSON.stringify(acknowledgement()));
    await refused(jws, 'ERR_ENVELOPE_ALGORITHM');
  });

  it('refuses an unsecured JWS', async () => {
    const header = Buffer.from(JSON.stringify({ ...headerOf(rs), alg: 'none' })).toString('base64url');
    await refused(`${header}.${Buffer.from('{}').toString('base64url')}.`, 'ERR_ENVELOPE_MALFORMED');
  });

  it('refuses an HMAC keyed with the public key, in every form that it may have', async () => {
    const header = Buffer.from(JSON.stringify({ ...headerOf(rs), alg: 'HS512' })).toString('base64url');
    const input = `${header}.${Buffer.from(JSON.stringify(acknowledgement())).toString('base64url')}`;
    for (const secret of [Buffer.from(rs.jwk.x, 'base64url'), rs.jwk.x, JSON.stringify(rs.jwk)]) {
      const mac = createHmac('sha512', secret).update(input).digest('base64url');
      await refused(`${input}.${mac}`, 'ERR_ENVELOPE_ALGORITHM');
    }
  });

  it('refuses an algorithm that does not fit the key', async () => {
    const payload = JSON.stringify(acknowledgement());
    for (const holder of [rs, rs256]) {
      const alg = holder === rs ? 'ES256' : 'Ed25519';
      const jws = await rawJws(holder, { ...headerOf(holder), alg }, payload);
      await refused(jws, 'ERR_ENVELOPE_SIGNATURE', 'algorithm does not fit the key');
    }
  });
});

describe('key and signature', () => {
  it('refuses a key that nobody has registered, and one that was not active', async () => {
    const stranger = await newHolder(RS);
    await refused(await signedBy(stranger), 'ERR_TRUST_UNKNOWN_KEY');
    const keys = resolverOf(everybody, NOW);
    await refused(await signedBy(rs), 'ERR_TRUST_KEY_INACTIVE', undefined, { keys });
    await expect(verified(await signedBy(rs), { keys, at: new Date(NOW.getTime() - 1) })).resolves.toBeDefined();
  });

  it('refuses a signature of another key under this key id', async () => {
    const jws = await rawJws(iq, headerOf(rs), JSON.stringify(acknowledgement()));
    await refused(jws, 'ERR_ENVELOPE_SIGNATURE', 'signature');
  });

  it('refuses a resolver that hands out another key than the named one, also for a key it has seen', async () => {
    const jws = await rawJws(iq, headerOf(rs), JSON.stringify(acknowledgement()));
    const keys = () => ({ kid: rs.signer.kid, owner: RS, realm: 'production' as const, jwk: iq.jwk });
    await expect(verified(await signedBy(rs))).resolves.toBeDefined();
    await refused(jws, 'ERR_ENVELOPE_SIGNATURE', undefined, { keys });
    const unseen = await newHolder(RS);
    const forged = await rawJws(iq, headerOf(unseen), JSON.stringify(acknowledgement()));
    await refused(forged, 'ERR_ENVELOPE_SIGNATURE', undefined, { keys });
  });

  it('refuses an encryption key', async () => {
    const jwk = { kty: 'OKP', crv: 'X25519', x: rs.jwk.x } as const;
    const keys = () => ({ kid: rs.signer.kid, owner: RS, realm: 'production' as const, jwk });
    await refused(await signedBy(await newHolder(RS)), 'ERR_ENVELOPE_SIGNATURE', undefined, { keys });
  });

  it('says the same to the sender whichever step of the signature failed', async () => {
    const payload = JSON.stringify(acknowledgement());
    const failures = await Promise.allSettled(
      [
        await rawJws(iq, headerOf(rs), payload),
        await rawJws(rs, { ...headerOf(rs), alg: 'ES256' }, payload),
        await rawJws(rs256, { ...headerOf(rs256), alg: 'Ed25519' }, payload),
      ].map((jws) => verified(jws)),
    );
    const messages = failures.map((failure) => failure.status === 'rejected' && failure.reason.message);
    expect(new Set(messages)).toEqual(new Set(['The signature could not be verified.']));
  });

  it('refuses a changed header, payload or signature', async () => {
    const one = (await signedBy(rs)).split('.');
    const other = (await signedBy(rs, acknowledgement({ producerseq: '2' }))).split('.');
    await refused([one[0], other[1], one[2]].join('.'), 'ERR_ENVELOPE_SIGNATURE', 'signature');
    await refused([one[0], one[1], other[2]].join('.'), 'ERR_ENVELOPE_SIGNATURE', 'signature');
    const zeros = Buffer.alloc(64).toString('base64url');
    await refused([one[0], one[1], zeros].join('.'), 'ERR_ENVELOPE_SIGNATURE', 'signature');
    const elliptic = (await signedBy(rs256)).split('.');
    await refused([elliptic[0], elliptic[1], zeros].join('.'), 'ERR_ENVELOPE_SIGNATURE', 'signature');
  });
});
