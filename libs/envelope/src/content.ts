import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import { type EncryptedContent, type PublicJwk, publicJwk } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { decodeBase64url } from './base64url.js';
import { KEY_MANAGEMENT, privateKey, publicKey, unwrapKey, wrapKey } from './key-agreement.js';
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

const ENC = 'A256GCM';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** The same for every content: what else a JWE may say lies beside each recipient. */
const PROTECTED = encode(Buffer.from(JSON.stringify({ enc: ENC })));

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
  const aad = encode(aadOf(binding));
  const contentKey = randomBytes(KEY_BYTES);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, createSecretKey(contentKey), iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(authenticated(PROTECTED, aad));
  const ciphertext = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return {
    protected: PROTECTED,
    aad,
    iv: encode(iv),
    ciphertext: encode(ciphertext),
    tag: encode(cipher.getAuthTag()),
    recipients: recipients.map(({ kid, jwk }) => {
      const { epk, encryptedKey } = wrapKey(contentKey, importRecipientKey(kid, jwk));
      return { header: { alg: KEY_MANAGEMENT, kid, epk }, encrypted_key: encode(encryptedKey) };
    }),
  };
}

/**
 * Decrypts content with the first key that `keys` has for one of its recipients.
 *
 * @throws SeraiError ERR_ENVELOPE_UNDECRYPTABLE
 */
export async function decryptContent(
  content: EncryptedContent,
  binding: ContentBinding,
  keys: (kid: string) => JWK | undefined,
): Promise<unknown> {
  const sharedEpk = assertHeaders(content);
  if (decodeBase64url(content.aad)?.equals(aadOf(binding)) !== true) throw undecryptable('binding');
  for (const recipient of content.recipients) {
    const key = keys(recipient.header.kid);
    if (key !== undefined)
      return parseStrictJson(decryptFor(content, recipient, sharedEpk, key), 'ERR_ENVELOPE_UNDECRYPTABLE');
  }
  throw undecryptable('no key of ours');
}

function decryptFor(
  content: EncryptedContent,
  { header, encrypted_key }: EncryptedRecipient,
  sharedEpk: unknown,
  key: JWK,
): Uint8Array {
  const [iv, ciphertext, tag, encryptedKey] = [content.iv, content.ciphertext, content.tag, encrypted_key].map(
    decodeBase64url,
  );
  if (iv?.length !== IV_BYTES || tag?.length !== TAG_BYTES || !ciphertext || !encryptedKey)
    throw undecryptable('encoding');
  const epk = publicJwk.safeParse(sharedEpk ?? header['epk']);
  if (!epk.success) throw undecryptable('ephemeral key');
  try {
    const contentKey = unwrapKey({ epk: epk.data, encryptedKey }, privateKey(key));
    const decipher = createDecipheriv(CIPHER, createSecretKey(contentKey), iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(authenticated(content.protected, content.aad)).setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch (cause) {
    throw undecryptable('decryption', cause);
  }
}

/**
 * The ephemeral key of a single recipient may lie in the protected header (jose puts it there), those of several lie beside each; never in both.
 *
 * @returns the one of the protected header, where it is there
 */
function assertHeaders(content: EncryptedContent): unknown {
  const bytes = decodeBase64url(content.protected);
  if (bytes === undefined) throw undecryptable('protected header encoding');
  const shared = parseStrictJson(bytes, 'ERR_ENVELOPE_UNDECRYPTABLE');
  if (!hasOnly(shared, ['enc', 'epk']) || shared['enc'] !== ENC) throw undecryptable('protected header');
  const kids = new Set<string>();
  for (const { header } of content.recipients) {
    if (!hasOnly(header, ['alg', 'kid', 'epk']) || header.alg !== KEY_MANAGEMENT)
      throw undecryptable('recipient header');
    if ('epk' in shared && 'epk' in header) throw undecryptable('two ephemeral keys');
    kids.add(header.kid);
  }
  if (kids.size !== content.recipients.length) throw undecryptable('repeated recipient');
  return shared['epk'];
}

function hasOnly(value: unknown, members: readonly string[]): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.keys(value).every((name) => members.includes(name));
}

function assertDistinct(recipients: readonly ContentRecipient[]): void {
  const distinct = new Set(recipients.map(({ kid }) => kid)).size;
  if (distinct > 0 && distinct === recipients.length) return;
  throw new SeraiError('ERR_TRUST_KEY_INVALID', 'Content needs at least one key to encrypt to, and each key once.');
}

const recipientKeys = new WeakMap<PublicJwk, KeyObject>();

/** Made ready once for as long as the JWK is kept. */
function importRecipientKey(kid: string, jwk: PublicJwk): KeyObject {
  try {
    const known = recipientKeys.get(jwk);
    if (known) return known;
    if (jwk.crv === 'Ed25519') throw new TypeError('Ed25519 keys cannot be encrypted to');
    const key = publicKey(jwk);
    recipientKeys.set(jwk, key);
    return key;
  } catch (cause) {
    throw new SeraiError('ERR_TRUST_KEY_INVALID', 'The key cannot be encrypted to. Use an X25519 or P-256 key.', {
      cause,
      detail: { kid },
    });
  }
}

/** What is authenticated beside the ciphertext (RFC 7516 section 5.1, step 14). */
function authenticated(protectedHeader: string, aad: string): Buffer {
  return Buffer.from(`${protectedHeader}.${aad}`, 'latin1');
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64url');
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
