export { decodeBase64url } from './base64url.js';
export {
  CALLER_CLOCK_TOLERANCE,
  type Caller,
  type CallerClaims,
  type CallerPolicy,
  type Operator,
  signCallerToken,
  signOperatorToken,
  verifyCallerToken,
  verifyOperatorToken,
} from './caller-token.js';
export { claimedTime } from './claimed-time.js';
export { type ContentBinding, type ContentRecipient, decryptContent, encryptContent } from './content.js';
export { FEED_GENESIS, feedHash } from './feed-hash.js';
export { type EventFrame, frameEvent, parseFrame } from './frame.js';
export {
  hashOf,
  type JwsSignature,
  type ProtectedHeader,
  parseCompactJws,
  parseProtectedHeader,
  signPayload,
  verifySignature,
} from './jws.js';
export {
  activateKey,
  addKey,
  createKeystore,
  generateKeystore,
  type Keystore,
  type KeystoreDocument,
  type KeystorePublicKey,
  openKeystore,
  writeKeystore,
} from './keystore.js';
export type { KeyResolver, PublicKeyRecord } from './public-key.js';
export { hashOfResponsible, type Responsibility } from './responsibility.js';
export { ENVELOPE_TYP, type SignedEnvelope, signEnvelope } from './sign-envelope.js';
export { type SignatureAlgorithm, type Signer, signerFromJwk, thumbprint } from './signer.js';
export { parseStrictJson } from './strict-json.js';
export {
  assertCause,
  isMessage,
  type VerificationPolicy,
  type VerifiedEnvelope,
  verifyEnvelope,
} from './verify-envelope.js';
