import { type CryptoKey, errors, flattenedDecrypt, GeneralEncrypt, importJWK, type JWK } from 'jose';
import { type EncryptedContent, encryptedContent, type PublicJwk } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { decodeBase64url } from './base64url.js';
import { parseStrictJson } from './strict-json.js';

/** The envelope that a content belongs to; decryption under another one fails. */
export interface ContentBinding {
  /** CloudEvents `id` of the envelope. */
  readonly id: string;
  /** CloudEvents `type` of the envelope. */
  readonly type: string;
  /** CloudEvents `source` of the envelope: without it another participant could pass somebody's ciphertext off as its own. */
  readonly source: string;
}

/** A public encryption key of a participant: X25519 or P-256. */
export interface ContentRecipient {
  readonly kid: string;
  readonly jwk: PublicJwk;
}

const ALG = 'ECDH-ES+A256KW';
const ENC = 'A256GCM';

type EncryptedRecipient = EncryptedContent['recipients'][number];

/**
 * Encrypts JSON to one or more keys: JWE in general JSON serialization, A256GCM under ECDH-ES+A256KW, with `id + '\n' + type + '\n' + source` as additional
 * authenticated data (RFC 7516 section 7.2.1).
 *
 * @throws SeraiError ERR_TRUST_KEY_INVALID for no key, a repeated one, or one that cannot be encrypted to, ERR_ENVELOPE_MALFORMED for text with a lone surrogate
 */
export async function encryptContent(
  plaintext: unknown,
  binding: ContentBinding,
  recipients: readonly ContentRecipient[],
): Promise<EncryptedContent> {
  assertDistinct(recipients);
  const bytes = Buffer.from(JSON.stringify(plaintext));
  parseStrictJson(bytes, 'ERR_ENVELOPE_MALFORMED');
  const jwe = new GeneralEncrypt(bytes).setProtectedHeader({ enc: ENC }).setAdditionalAuthenticatedData(aadOf(binding));
  for (const { kid, jwk } of recipients) {
    jwe.addRecipient(await importRecipientKey(kid, jwk)).setUnprotectedHeader({ alg: ALG, kid });
  }
  return encryptedContent.parse(await jwe.encrypt());
}

/**
 * Decrypts content with the first key that `keys` has for one of its recipients.
 *
 * @throws SeraiError ERR_ENVELOPE_UNDECRYPTABLE
 */
export async function decryptContent(
  content: EncryptedContent,
  binding: ContentBinding,
  keys: (kid: string) => CryptoKey | JWK | undefined,
): Promise<unknown> {
  assertHeaders(content);
  if (decodeBase64url(content.aad)?.equals(aadOf(binding)) !== true) throw undecryptable('binding');
  for (const recipient of content.recipients) {
    const key = keys(recipient.header.kid);
    if (key !== undefined)
      return parseStrictJson(await decryptFor(content, recipient, key), 'ERR_ENVELOPE_UNDECRYPTABLE');
  }
  throw undecryptable('no key of ours');
}

async function decryptFor(
  content: EncryptedContent,
  { header, encrypted_key }: EncryptedRecipient,
  key: CryptoKey | JWK,
): Promise<Uint8Array> {
  const { protected: protectedHeader, aad, iv, ciphertext, tag } = content;
  try {
    const jwe = { protected: protectedHeader, aad, iv, ciphertext, tag, header, encrypted_key };
    const { plaintext } = await flattenedDecrypt(jwe, key, {
      keyManagementAlgorithms: [ALG],
      contentEncryptionAlgorithms: [ENC],
    });
    return plaintext;
  } catch (cause) {
    throw undecryptable('decryption', cause);
  }
}

/** jose puts the ephemeral key of a single recipient into the protected header, those of several beside each. */
function assertHeaders(content: EncryptedContent): void {
  const bytes = decodeBase64url(content.protected);
  if (bytes === undefined) throw undecryptable('protected header encoding');
  const shared = parseStrictJson(bytes, 'ERR_ENVELOPE_UNDECRYPTABLE');
  if (!hasOnly(shared, ['enc', 'epk']) || shared['enc'] !== ENC) throw undecryptable('protected header');
  const kids = new Set<string>();
  for (const { header } of content.recipients) {
    if (!hasOnly(header, ['alg', 'kid', 'epk']) || header.alg !== ALG) throw undecryptable('recipient header');
    kids.add(header.kid);
  }
  if (kids.size !== content.recipients.length) throw undecryptable('repeated recipient');
}

function hasOnly(value: unknown, members: readonly string[]): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.keys(value).every((name) => members.includes(name));
}

function assertDistinct(recipients: readonly ContentRecipient[]): void {
  const distinct = new Set(recipients.map(({ kid }) => kid)).size;
  if (distinct > 0 && distinct === recipients.length) return;
  throw new SeraiError('ERR_TRUST_KEY_INVALID', 'Content needs at least one key to encrypt to, and each key once.');
}

async function importRecipientKey(kid: string, jwk: PublicJwk): Promise<CryptoKey> {
  try {
    if (jwk.crv === 'Ed25519') throw new errors.JOSENotSupported('Ed25519 keys cannot be encrypted to');
    return (await importJWK(jwk, ALG)) as CryptoKey;
  } catch (cause) {
    throw new SeraiError('ERR_TRUST_KEY_INVALID', 'The key cannot be encrypted to. Use an X25519 or P-256 key.', {
      cause,
      detail: { kid },
    });
  }
}

function aadOf({ id, type, source }: ContentBinding): Buffer {
  return Buffer.from(`${id}\n${type}\n${source}`);
}

function undecryptable(step: string, cause?: unknown): SeraiError {
  return new SeraiError('ERR_ENVELOPE_UNDECRYPTABLE', 'The content could not be decrypted.', {
    cause,
    detail: { step },
  });
}
