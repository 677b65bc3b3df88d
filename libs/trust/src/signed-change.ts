import { type DirectoryChange, directoryChange, type PublicJwk, type SignedDirectoryChange } from '#libs/contracts';
import {
  decodeBase64url,
  parseProtectedHeader,
  parseStrictJson,
  type Signer,
  signPayload,
  verifySignature,
} from '#libs/envelope';
import { SeraiError } from '#libs/errors';

const CHANGE_TYP = 'serai-directory-change+jws';

/** Schema issues may repeat names that the signer chose: this many characters of them go into a message. */
const MAX_ISSUES_LENGTH = 500;

/** A change whose shape was checked; who signed it was not. */
export interface OpenedChange {
  readonly change: DirectoryChange;
  /** Payload bytes as they were signed. */
  readonly payload: Uint8Array;
}

/**
 * Signs a change with every given key: JWS in general JSON serialization, typ `serai-directory-change+jws` (RFC 7515 section 7.2.1).
 *
 * @throws SeraiError ERR_DIRECTORY_MALFORMED when the change does not match its schema
 */
export async function signDirectoryChange(
  change: DirectoryChange,
  signers: readonly Signer[],
): Promise<SignedDirectoryChange> {
  const bytes = Buffer.from(JSON.stringify(change));
  parseChange(bytes);
  const payload = bytes.toString('base64url');
  const signatures = await Promise.all(signers.map((signer) => signPayload(payload, CHANGE_TYP, signer)));
  return { payload, signatures };
}

/**
 * Adds a signature over the same bytes; a key that has signed already adds nothing.
 *
 * @throws SeraiError ERR_DIRECTORY_MALFORMED
 */
export async function countersignDirectoryChange(
  signed: SignedDirectoryChange,
  signer: Signer,
): Promise<SignedDirectoryChange> {
  openChange(signed);
  const has = signed.signatures.some((parts) => parseProtectedHeader(parts.protected, CHANGE_TYP).kid === signer.kid);
  if (has) return signed;
  return { ...signed, signatures: [...signed.signatures, await signPayload(signed.payload, CHANGE_TYP, signer)] };
}

/**
 * Reads the payload of a signed change.
 *
 * @throws SeraiError ERR_DIRECTORY_MALFORMED
 */
export function openChange(signed: SignedDirectoryChange): OpenedChange {
  const payload = decodeBase64url(signed.payload);
  if (payload === undefined) throw malformed('its payload is not canonical base64url');
  return { change: parseChange(payload), payload };
}

/**
 * Verifies the signatures of every key that `keyOf` knows, and returns the ids of those keys, each once. Unknown keys cannot be verified and are passed
 * over; a known key with a wrong signature spoils the change.
 *
 * @throws SeraiError ERR_DIRECTORY_MALFORMED
 */
export async function verifiedKeysOf(
  signed: SignedDirectoryChange,
  keyOf: (kid: string) => PublicJwk | undefined,
): Promise<ReadonlySet<string>> {
  const verified = new Set<string>();
  for (const parts of signed.signatures) {
    try {
      const header = parseProtectedHeader(parts.protected, CHANGE_TYP);
      const jwk = keyOf(header.kid);
      if (jwk === undefined) continue;
      await verifySignature(header, { ...parts, payload: signed.payload }, jwk);
      verified.add(header.kid);
    } catch (cause) {
      throw cause instanceof SeraiError ? malformed('a signature could not be verified', cause) : cause;
    }
  }
  return verified;
}

function parseChange(payload: Uint8Array): DirectoryChange {
  const parsed = directoryChange.safeParse(parseStrictJson(payload, 'ERR_DIRECTORY_MALFORMED'));
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ');
  throw malformed(wrong.slice(0, MAX_ISSUES_LENGTH), parsed.error);
}

function malformed(reason: string, cause?: unknown): SeraiError {
  return new SeraiError('ERR_DIRECTORY_MALFORMED', `The directory change cannot be read: ${reason}.`, { cause });
}
