import { type CloudEvent, MAX_ENVELOPE_BYTES } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { hashOf, signPayload } from './jws.js';
import type { Signer } from './signer.js';
import { parseStrictJson } from './strict-json.js';

/** `typ` of every envelope. */
export const ENVELOPE_TYP = 'serai-envelope+jws';

/** What was signed, as it goes over the wire. */
export interface SignedEnvelope {
  /** Compact JWS. */
  readonly jws: string;
  /** Hash over `jws`, see {@link hashOf}. */
  readonly sha256: string;
  readonly event: CloudEvent;
}

/**
 * Signs an event as compact JWS of typ `serai-envelope+jws` (docs/architecture.md, The envelope). Checks nothing of the event but that every reader would
 * read it alike, and its size.
 *
 * @example const { jws, sha256 } = await signEnvelope(event, keystore.signer())
 * @throws SeraiError ERR_ENVELOPE_TOO_LARGE, ERR_ENVELOPE_MALFORMED (a lone surrogate in a string)
 */
export async function signEnvelope(event: CloudEvent, signer: Signer): Promise<SignedEnvelope> {
  const json = JSON.stringify(event);
  // JSON.stringify escapes lone surrogates, and nothing else, as \ud...
  if (json.includes('\\ud')) parseStrictJson(Buffer.from(json), 'ERR_ENVELOPE_MALFORMED');
  const payload = Buffer.from(json).toString('base64url');
  const signed = await signPayload(payload, ENVELOPE_TYP, signer);
  const jws = `${signed.protected}.${payload}.${signed.signature}`;
  if (jws.length > MAX_ENVELOPE_BYTES) {
    throw new SeraiError('ERR_ENVELOPE_TOO_LARGE', `The envelope exceeds ${MAX_ENVELOPE_BYTES} bytes. Send less.`, {
      detail: { length: jws.length },
    });
  }
  return { jws, sha256: hashOf(jws), event };
}
