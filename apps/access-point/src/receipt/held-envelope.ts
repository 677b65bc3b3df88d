import { hashOf } from '#libs/envelope';

/** An envelope that this access point holds, by what only its holders know. */
export interface HeldEnvelope {
  readonly id: string;
  /** Of its compact JWS, base64url. */
  readonly sha256: string;
}

/** Id and hash of a signed envelope that was verified before it was stored. */
export function heldEnvelopeOf(jws: string): HeldEnvelope {
  const { id } = JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')) as { id: string };
  return { id, sha256: hashOf(jws) };
}
