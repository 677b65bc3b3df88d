import { createHmac } from 'node:crypto';
import {
  type CloudEvent,
  directorySnapshotPublished,
  gatewayReceipt,
  legAcknowledged,
  legClosed,
  MAX_ENVELOPE_BYTES,
  requestWithdrawn,
} from '#libs/contracts';
import { assertCause, hashOf, isMessage, type VerificationPolicy, verifyEnvelope } from './index.js';
import {
  acknowledgement,
  GATEWAY,
  type Holder,
  ID,
  IQ,
  NOW,
  newHolder,
  policyFor,
  RS,
  rawJws,
  refusal,
  resolverOf,
  signedBy,
} from './parties.fixture.js';

const TYP = 'serai-envelope+jws';

let rs: Holder;
let rs256: Holder;
let iq: Holder;
let gateway: Holder;
let everybody: Holder[];

beforeAll(async () => {
  rs = await newHolder(RS);
  rs256 = await newHolder(RS, 'ES256');
  iq = await newHolder(IQ);
  gateway = await newHolder(GATEWAY);
  everybody = [rs, rs256, iq, gateway];
});

const verified = (jws: string | Uint8Array, altered: Partial<VerificationPolicy> = {}) =>
  verifyEnvelope(jws, policyFor(everybody, altered));
const refused = (jws: string | Uint8Array, code: string, step?: string, altered: Partial<VerificationPolicy> = {}) =>
  expect(verified(jws, altered)).rejects.toEqual(refusal(code, step));
const headerOf = (holder: Holder) => ({ alg: holder.signer.alg, kid: holder.signer.kid, typ: TYP });
const receipt = (audience: unknown, altered: Partial<CloudEvent> = {}): CloudEvent => {
  const { producerseq: _, ...event } = acknowledgement();
  const envelope = { id: ID, type: legAcknowledged.type, sha256: hashOf('a.b.c') };
  const data = { header: { audience, envelope, receivedAt: NOW.toISOString() } };
  return { ...event, source: GATEWAY, type: gatewayReceipt.type, data, ...altered };
};

describe(verifyEnvelope.name, () => {
  it('takes what either algorithm signed, as text and as bytes', async () => {
    for (const holder of [rs, rs256]) {
      const jws = await signedBy(holder);
      const envelope = await verified(jws);
      expect(envelope).toMatchObject({ jws, sha256: hashOf(jws), kid: holder.signer.kid, event: acknowledgement() });
      expect(await verified(Buffer.from(jws))).toEqual(envelope);
    }
  });

  it('narrows to one message type', async () => {
    const envelope = await verified(await signedBy(rs));
    expect(isMessage(envelope, legClosed)).toBe(false);
    expect(isMessage(envelope, legAcknowledged) && envelope.event.data.header.legId).toBe(ID);
  });

  it('ignores members that a later minor version may add', async () => {
    const event = acknowledgement();
    const header = { ...event.data.header, mood: 'good' };
    const envelope = await verified(await signedBy(rs, { ...event, data: { ...event.data, header } }));
    expect(envelope.event.data.header).toEqual(event.data.header);
  });
});

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
    ['upper case', { typ: TYP.toUpperCase() }],
    ['the media type in full', { typ: `application/${TYP}` }],
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
      `{"alg":"Ed25519","kid":"${kid}","typ":"${TYP}","typ":"${TYP}"}`,
      `{"alg":"Ed25519","kid":"${kid}","typ":"${TYP}","\\u0061lg":"none"}`,
      `["Ed25519","${kid}","${TYP}"]`,
      '"Ed25519"',
      'null',
      '{',
      `{"alg":"Ed25519","kid":"${kid}","typ":"${TYP}"}${' '.repeat(400)}`,
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

describe('payload', () => {
  it.each([
    ['no JSON', 'ping'],
    ['an array', '[]'],
    ['null', 'null'],
    ['a duplicate member', '{"realm":"production","realm":"training"}'],
    ['a duplicate member deep inside', '{"data":{"header":[{"a":1,"\\u0061":2}]}}'],
    ['a lone surrogate', '{"data":"\\ud800"}'],
    ['a byte order mark', '\uFEFF{}'],
    ['too deep nesting', '['.repeat(40) + ']'.repeat(40)],
  ])('refuses %s', async (_name, payload) => {
    await refused(await rawJws(rs, headerOf(rs), payload), 'ERR_ENVELOPE_MALFORMED');
  });

  it('refuses invalid UTF-8', async () => {
    const payload = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    await refused(await rawJws(rs, headerOf(rs), payload), 'ERR_ENVELOPE_MALFORMED', 'json');
  });

  it.each([
    ['specversion', { specversion: '1.1' as '1.0' }],
    ['id', { id: '7f3a0000-0000-4000-8000-00000000e001' }],
    ['subject', { subject: 'leg 7' }],
    ['time', { time: '2026-11-22T04:12:06+01:00' }],
    ['time', { time: '2026-02-30T03:12:06.123Z' }],
    ['datacontenttype', { datacontenttype: 'text/plain' as 'application/json' }],
    ['producerseq', { producerseq: '01' }],
    ['producerseq', { producerseq: undefined }],
    ['producerprev', { producerprev: 'none' }],
    ['data', { data: undefined as unknown as CloudEvent['data'] }],
    ['data.header', { data: { header: {} } }],
  ])('refuses a wrong %s and names it', async (path, altered) => {
    const failure = await verified(await signedBy(rs, acknowledgement(altered))).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_ENVELOPE_SCHEMA', message: expect.stringContaining(path) });
  });

  it('refuses content where the type has none', async () => {
    const event = acknowledgement({ type: requestWithdrawn.type });
    const content = { protected: 'e30', aad: 'AA', iv: 'AA', ciphertext: 'AA', tag: 'AA', recipients: [] };
    const jws = await signedBy(rs, { ...event, data: { ...event.data, content } });
    await refused(jws, 'ERR_ENVELOPE_SCHEMA');
  });
});

describe('realm, source and channel', () => {
  it('refuses another realm of the envelope, of the key, or of the verifier', async () => {
    const trainee = await newHolder(RS, 'Ed25519', 'training');
    const keys = resolverOf([rs, trainee]);
    const rehearsal = acknowledgement({ realm: 'training' });
    await refused(await signedBy(rs, rehearsal), 'ERR_ENVELOPE_REALM');
    await refused(await signedBy(trainee), 'ERR_ENVELOPE_REALM', undefined, { keys });
    await refused(await signedBy(trainee, rehearsal), 'ERR_ENVELOPE_REALM', undefined, { keys });
    await refused(await signedBy(rs), 'ERR_ENVELOPE_REALM', undefined, { realm: 'training' });
    await expect(verified(await signedBy(trainee, rehearsal), { keys, realm: 'training' })).resolves.toBeDefined();
  });

  it('refuses to let one participant speak for another, or a caller for somebody else', async () => {
    await refused(await signedBy(iq), 'ERR_ENVELOPE_SOURCE');
    await refused(await signedBy(rs), 'ERR_ENVELOPE_SOURCE', undefined, { source: IQ });
    await expect(verified(await signedBy(rs), { source: RS })).resolves.toBeDefined();
  });

  it('refuses a good envelope on another channel', async () => {
    const jws = await signedBy(rs);
    for (const channel of ['requests.events', 'directory.submissions', 'gateway.answers'] as const) {
      await refused(jws, 'ERR_ENVELOPE_CHANNEL', undefined, { channel });
    }
    await refused(jws, 'ERR_ENVELOPE_CHANNEL', undefined, { channel: [] });
    await expect(verified(jws, { channel: ['gateway.answers', 'requests.submissions'] })).resolves.toBeDefined();
  });

  it('refuses types that nobody has defined', async () => {
    for (const type of ['serai.requests.leg.acknowledged.v2', 'constructor', '__proto__', '']) {
      await refused(await signedBy(rs, acknowledgement({ type })), 'ERR_ENVELOPE_CHANNEL');
    }
  });

  it('refuses participants on the channels of services, and services on those of others', async () => {
    const channel = 'gateway.answers' as const;
    await expect(verified(await signedBy(gateway, receipt('*')), { channel })).resolves.toBeDefined();
    await refused(await signedBy(rs, receipt('*', { source: RS })), 'ERR_ENVELOPE_SOURCE', undefined, { channel });
    await refused(await signedBy(gateway, acknowledgement({ source: GATEWAY })), 'ERR_ENVELOPE_SOURCE');
    const data = { header: { audience: '*', version: 1, head: hashOf('') } };
    const statement = receipt('*', { type: directorySnapshotPublished.type, data });
    await refused(await signedBy(gateway, statement), 'ERR_ENVELOPE_SOURCE', undefined, {
      channel: 'directory.answers',
    });
  });
});

describe('audience', () => {
  it('takes a message of a participant at its recipient only', async () => {
    const jws = await signedBy(rs);
    await expect(verified(jws, { audience: IQ })).resolves.toBeDefined();
    for (const audience of [RS, 'urn:serai:participant:tr', '', '*']) {
      await refused(jws, 'ERR_ENVELOPE_AUDIENCE', undefined, { audience });
    }
  });

  it('takes a message of the hub at those that it names', async () => {
    const channel = 'gateway.answers' as const;
    const forBoth = await signedBy(gateway, receipt([RS, IQ]));
    for (const audience of [RS, IQ]) await expect(verified(forBoth, { channel, audience })).resolves.toBeDefined();
    await refused(forBoth, 'ERR_ENVELOPE_AUDIENCE', undefined, { channel, audience: 'urn:serai:participant:tr' });
    const forAll = await signedBy(gateway, receipt('*'));
    await expect(verified(forAll, { channel, audience: IQ })).resolves.toBeDefined();
  });

  it('does not take a submission as addressed to all because its header says so', async () => {
    const event = acknowledgement();
    const header = { ...event.data.header, audience: '*' };
    const jws = await signedBy(rs, { ...event, data: { header } });
    await refused(jws, 'ERR_ENVELOPE_AUDIENCE', undefined, { audience: 'urn:serai:participant:tr' });
  });
});

describe(assertCause.name, () => {
  const eventWith = async (cause?: string) => {
    const { data, ...event } = receipt('*');
    const jws = await signedBy(gateway, { ...event, data: { ...data, ...(cause && { cause }) } });
    return verified(jws, { channel: 'gateway.answers' });
  };

  it('takes the named envelope, and none where none is named', async () => {
    const cause = await signedBy(rs);
    expect(assertCause(await eventWith(hashOf(cause)), cause)).toBeUndefined();
    expect(assertCause(await eventWith(), undefined)).toBeUndefined();
  });

  it('refuses another, a missing and a surplus envelope', async () => {
    const cause = await signedBy(rs);
    const named = await eventWith(hashOf(cause));
    const other = await signedBy(rs256);
    for (const [event, given] of [
      [named, other],
      [named, undefined],
      [await eventWith(), cause],
    ] as const) {
      expect(() => assertCause(event, given)).toThrow(expect.objectContaining({ code: 'ERR_ENVELOPE_CAUSE' }));
    }
  });
});
