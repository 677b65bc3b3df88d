import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import {
  type CloudEvent,
  legAcknowledged,
  type PublicJwk,
  participantUrnOf,
  publicJwk,
  type Realm,
  serviceUrnOf,
} from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import {
  ENVELOPE_TYP,
  type KeyResolver,
  type SignatureAlgorithm,
  type Signer,
  signEnvelope,
  signerFromJwk,
  type VerificationPolicy,
} from './index.js';

export const RS = participantUrnOf('rs');
export const IQ = participantUrnOf('iq');
export const GATEWAY = serviceUrnOf('gateway');
export const ID = '01890000-0000-7000-8000-00000000e001';
export const NOW = new Date('2026-11-22T03:12:06.123Z');

/** Somebody with a signing key in a realm. */
export interface Holder {
  readonly owner: string;
  readonly realm: Realm;
  readonly signer: Signer;
  readonly privateJwk: JWK;
  readonly jwk: PublicJwk;
}

export async function newHolder(
  owner: string,
  alg: SignatureAlgorithm = 'Ed25519',
  realm: Realm = 'production',
): Promise<Holder> {
  const { privateKey } =
    alg === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const privateJwk = privateKey.export({ format: 'jwk' }) as JWK;
  return { owner, realm, signer: await signerFromJwk(privateJwk), privateJwk, jwk: publicHalf(privateJwk) };
}

/** Serbia with a key of either algorithm, Iraq, and the gateway. */
export async function newParties() {
  const [rs, rs256, iq] = [await newHolder(RS), await newHolder(RS, 'ES256'), await newHolder(IQ)];
  const gateway = await newHolder(GATEWAY);
  return { rs, rs256, iq, gateway, everybody: [rs, rs256, iq, gateway] };
}

/** The header of an envelope of this holder. */
export const headerOf = ({ signer }: Holder) => ({ alg: signer.alg, kid: signer.kid, typ: ENVELOPE_TYP });

export function publicHalf({ kty, crv, x, y }: JWK): PublicJwk {
  return publicJwk.parse(y === undefined ? { kty, crv, x } : { kty, crv, x, y });
}

/** Resolver over these holders; a holder is active until `expiry`. */
export function resolverOf(holders: readonly Holder[], expiry = new Date('2031-01-01T00:00:00.000Z')): KeyResolver {
  const byKid = new Map(
    holders.map(({ signer, owner, realm, jwk }) => [signer.kid, { kid: signer.kid, owner, realm, jwk }]),
  );
  return (kid, _use, at) => {
    const record = byKid.get(kid);
    if (record === undefined) throw new SeraiError('ERR_TRUST_UNKNOWN_KEY', 'Unknown key.');
    if (at >= expiry) throw new SeraiError('ERR_TRUST_KEY_INACTIVE', 'Inactive key.');
    return record;
  };
}

/** An acknowledgement from Serbia to Iraq. */
export function acknowledgement(altered: Partial<CloudEvent> = {}): CloudEvent {
  return {
    specversion: '1.0',
    id: ID,
    source: RS,
    type: legAcknowledged.type,
    subject: ID,
    time: NOW.toISOString(),
    datacontenttype: 'application/json',
    realm: 'production',
    producerseq: '1',
    data: {
      header: {
        requestId: ID,
        legId: ID,
        sender: { participant: RS, desk: 'urn:serai:desk:rs:ncc', officer: 'o-3f9a1c2e' },
        recipient: { participant: IQ, desk: 'urn:serai:desk:iq:ncc' },
      },
    },
    ...altered,
  };
}

/** What the gateway demands of a submission. */
export function policyFor(holders: readonly Holder[], altered: Partial<VerificationPolicy> = {}): VerificationPolicy {
  return {
    realm: 'production',
    channel: 'requests.submissions',
    keys: resolverOf(holders),
    at: NOW,
    audience: 'any',
    ...altered,
  };
}

export async function signedBy(holder: Holder, event: CloudEvent = acknowledgement()): Promise<string> {
  return (await signEnvelope(event, holder.signer)).jws;
}

/** Signs any header and payload text, well-formed or not, as an envelope of the holder. */
export async function rawJws(holder: Holder, header: unknown, payload: string | Uint8Array): Promise<string> {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const input = `${Buffer.from(text).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  return `${input}.${Buffer.from(await holder.signer.sign(Buffer.from(input))).toString('base64url')}`;
}

/** Expectation of a refusal with this code, and with this step in its detail. */
export function refusal(code: string, step?: string): unknown {
  return expect.objectContaining(step === undefined ? { code } : { code, detail: expect.objectContaining({ step }) });
}
