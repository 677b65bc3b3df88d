import {
  type CloudEvent,
  directorySnapshotPublished,
  gatewayReceipt,
  legAcknowledged,
  legClosed,
  requestWithdrawn,
} from '#libs/contracts';
import { assertCause, hashOf, isMessage, type VerificationPolicy, verifyEnvelope } from './index.js';
import {
  acknowledgement,
  GATEWAY,
  type Holder,
  headerOf,
  ID,
  IQ,
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
let gateway: Holder;
let everybody: Holder[];

beforeAll(async () => {
  ({ rs, rs256, iq, gateway, everybody } = await newParties());
});

const verified = (jws: string | Uint8Array, altered: Partial<VerificationPolicy> = {}) =>
  verifyEnvelope(jws, policyFor(everybody, altered));
const refused = (jws: string | Uint8Array, code: string, step?: string, altered: Partial<VerificationPolicy> = {}) =>
  expect(verified(jws, altered)).rejects.toEqual(refusal(code, step));
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
