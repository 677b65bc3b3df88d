import { generateKeyPairSync } from 'node:crypto';
import { v7 as uuid7 } from 'uuid';
import {
  type DirectoryChange,
  envelopeAccepted,
  gatewayReceipt,
  gatewayRefusal,
  legAcknowledged,
  type MessageProof,
  type PublicJwk,
  publicJwk,
} from '#libs/contracts';
import { hashOf, type Signer, signEnvelope, signerFromJwk } from '#libs/envelope';
import { SeraiError, toProblem } from '#libs/errors';
import { Directory, type RootKeys, signDirectoryChange } from '#libs/trust';
import { directoryOf, verifyAlone, verifyProof } from './verify-proof.js';

const FOUNDED = '2026-01-01T00:00:00.000Z';
const SENT = '2026-11-22T03:12:06.123Z';
const RECEIVED = '2026-11-22T03:12:06.200Z';
const IQ = 'urn:serai:participant:iq';
const RS = 'urn:serai:participant:rs';
const GATEWAY = 'urn:serai:service:gateway';
const REQUESTS = 'urn:serai:service:requests';

interface Holder {
  readonly signer: Signer;
  readonly jwk: PublicJwk;
}
async function newHolder(): Promise<Holder> {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { signer: await signerFromJwk(jwk), jwk: publicJwk.parse({ kty: 'OKP', crv: 'Ed25519', x: jwk.x }) };
}

let chairs: Holder[];
let holders: Record<string, Holder>;
let roots: RootKeys;
let directory: Directory;

beforeAll(async () => {
  chairs = [await newHolder(), await newHolder(), await newHolder()];
  roots = { threshold: 2, keys: chairs.map(({ jwk }) => jwk) };
  directory = Directory.empty('production', roots);
  holders = {};
  const base = () => ({ id: uuid7(), realm: 'production' as const, effectiveFrom: FOUNDED });
  for (const owner of [IQ, RS, GATEWAY, REQUESTS]) {
    const holder = await newHolder();
    holders[owner] = holder;
    const admission: DirectoryChange = owner.includes(':service:')
      ? { ...base(), kind: 'service-registered', service: { id: owner, name: owner } }
      : {
          ...base(),
          kind: 'participant-admitted',
          participant: { id: owner, type: 'MEMBER', name: owner, routeRoles: [] },
        };
    const key: DirectoryChange = {
      ...base(),
      kind: 'key-registered',
      key: { owner, use: 'sig', jwk: holder.jwk, validUntil: '2031-01-01T00:00:00.000Z' },
    };
    const signers = chairs.slice(0, 2).map(({ signer }) => signer);
    for (const change of [admission, key])
      directory = await directory.apply(await signDirectoryChange(change, signers));
  }
});

async function sign(source: string, type: string, time: string, data: object, chained = true): Promise<string> {
  const event = {
    specversion: '1.0' as const,
    id: uuid7(),
    source,
    type,
    subject: uuid7(),
    time,
    datacontenttype: 'application/json' as const,
    realm: 'production' as const,
    ...(chained ? { producerseq: '1' } : {}),
    data: data as never,
  };
  return (await signEnvelope(event, holders[source]?.signer as Signer)).jws;
}

const acknowledgement = (): Promise<string> =>
  sign(IQ, legAcknowledged.type, SENT, {
    header: {
      requestId: uuid7(),
      legId: uuid7(),
      sender: { participant: IQ, desk: 'urn:serai:desk:iq:ncc', officer: 'o-3f9a1c2e' },
      recipient: { participant: RS, desk: 'urn:serai:desk:rs:liaison' },
    },
  });
const receiptFor = (jws: string, by = GATEWAY): Promise<string> =>
  sign(
    by,
    gatewayReceipt.type,
    RECEIVED,
    {
      header: {
        audience: [IQ],
        envelope: { id: uuid7(), type: legAcknowledged.type, sha256: hashOf(jws) },
        receivedAt: RECEIVED,
      },
    },
    false,
  );

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof SeraiError ? error.code : `no refusal: ${String(error)}`;
};

describe(directoryOf.name, () => {
  const given = () => ({
    realm: 'production' as const,
    version: directory.version,
    head: directory.head,
    changes: directory.changes(),
  });

  it('builds what the changes say', async () => {
    expect((await directoryOf(given(), roots)).head).toBe(directory.head);
  });

  it('refuses a missing change, another head and other root keys', async () => {
    expect(await codeOf(directoryOf({ ...given(), changes: given().changes.slice(0, -1) }, roots))).toBe(
      'ERR_TRUST_SNAPSHOT',
    );
    expect(await codeOf(directoryOf({ ...given(), head: hashOf('x') }, roots))).toBe('ERR_TRUST_SNAPSHOT');
    const others = [await newHolder(), await newHolder()].map(({ jwk }) => jwk);
    expect(await codeOf(directoryOf(given(), { threshold: 2, keys: others }))).toBe('ERR_TRUST_THRESHOLD');
  });
});

describe(verifyProof.name, () => {
  it('says when the gateway received exactly these bytes', async () => {
    const envelope = await acknowledgement();
    const verified = await verifyProof({ envelope, receipt: await receiptFor(envelope) }, directory);
    expect(verified).toMatchObject({ receivedAt: RECEIVED, envelope: { event: { source: IQ, time: SENT } } });
    expect(verified.refusedWith).toBeUndefined();
  });

  it('says with which code the gateway refused them', async () => {
    const envelope = await acknowledgement();
    const problem = toProblem(new SeraiError('ERR_ENVELOPE_CONFLICT', 'Used before.'));
    const header = { audience: [IQ], sha256: hashOf(envelope), refusedAt: RECEIVED, problem };
    const receipt = await sign(GATEWAY, gatewayRefusal.type, RECEIVED, { header }, false);
    expect(await verifyProof({ envelope, receipt }, directory)).toMatchObject({ refusedWith: 'ERR_ENVELOPE_CONFLICT' });
  });

  it.each<[string, string, (envelope: string) => Promise<MessageProof>]>([
    [
      'a receipt for other bytes',
      'ERR_ENVELOPE_CAUSE',
      async (envelope) => ({ envelope, receipt: await receiptFor(await acknowledgement()) }),
    ],
    [
      'a receipt that a participant signed',
      'ERR_ENVELOPE_SOURCE',
      async (envelope) => ({ envelope, receipt: await receiptFor(envelope, RS) }),
    ],
    [
      'an envelope in place of a receipt',
      'ERR_ENVELOPE_CHANNEL',
      async (envelope) => ({ envelope, receipt: envelope }),
    ],
    ['an envelope in place of an event', 'ERR_ENVELOPE_CHANNEL', async (envelope) => ({ envelope, event: envelope })],
    ['a changed byte', 'ERR_ENVELOPE_SIGNATURE', async (envelope) => ({ envelope: flip(envelope) })],
    ['no JWS at all', 'ERR_ENVELOPE_MALFORMED', async () => ({ envelope: 'nonsense' })],
  ])('refuses %s', async (_what, code, proofOf) => {
    expect(await codeOf(verifyProof(await proofOf(await acknowledgement()), directory))).toBe(code);
  });

  it('refuses an event of the rules about another message', async () => {
    const [envelope, other] = [await acknowledgement(), await acknowledgement()];
    const party = { participant: IQ, desk: 'urn:serai:desk:iq:ncc' };
    const leg = {
      legId: uuid7(),
      requestId: uuid7(),
      version: 3,
      status: 'ACKNOWLEDGED',
      kind: 'IDENTITY',
      priority: 'URGENT_DIRECT',
      requester: party,
      addressee: party,
      submittedAt: SENT,
      clock: { state: 'RUNNING', pausedMs: 0 },
      overdue: false,
      excused: false,
      reconsidered: false,
    };
    const named = { id: uuid7(), type: legAcknowledged.type, source: IQ, sha256: hashOf(other) };
    const header = { audience: [IQ, RS], envelope: named, acceptedAt: RECEIVED, leg };
    const event = await sign(REQUESTS, envelopeAccepted.type, RECEIVED, { header, cause: hashOf(other) });
    expect(await codeOf(verifyProof({ envelope, event }, directory))).toBe('ERR_ENVELOPE_CAUSE');
    expect(await verifyProof({ envelope: other, event }, directory)).toMatchObject({ acceptedAt: RECEIVED, leg });
  });
});

describe(verifyAlone.name, () => {
  it('asks whether the key was active at the given time', async () => {
    const envelope = await acknowledgement();
    await expect(verifyAlone(envelope, directory)).resolves.toMatchObject({ event: { source: IQ } });
    expect(await codeOf(verifyAlone(envelope, directory, new Date('2025-12-31')))).toBe('ERR_TRUST_KEY_INACTIVE');
  });
});

/** Changes one byte of the payload, and nothing of its form. */
function flip(jws: string): string {
  const [header, payload = '', signature] = jws.split('.');
  const text = Buffer.from(payload, 'base64url').toString().replace('iq:ncc', 'iq:ncd');
  return [header, Buffer.from(text).toString('base64url'), signature].join('.');
}
