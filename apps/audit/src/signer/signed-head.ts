import type { Keystore } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import {
  type Checkpoint,
  EMPTY_ROOT,
  type Note,
  parseNote,
  SIGNATURE_TYPE,
  serialiseCheckpoint,
  type VerifierKey,
  verifierKeyOf,
  verifyCheckpoint,
} from '#libs/transparency-log';

/** A head of the log and the note that the log signed over it. */
export interface SignedHead {
  readonly head: Checkpoint;
  readonly note: Note;
}

/** Signs heads of one log with the active key of a keystore, which may hold keys that signed before. */
export class HeadSigner {
  readonly key: VerifierKey;
  private readonly ownKeys: readonly VerifierKey[];

  /**
   * @param origin name of the log and of its key
   * @throws SeraiError ERR_LOG_KEY unless the keystore signs with Ed25519
   */
  constructor(
    readonly origin: string,
    private readonly keystore: Keystore,
  ) {
    const own = logKeysIn(keystore, origin);
    const key = own.get(keystore.signer().kid);
    if (key === undefined)
      throw new SeraiError('ERR_LOG_KEY', 'The keystore of the signer must sign with an Ed25519 key. Make a new one.');
    this.key = key;
    this.ownKeys = [...own.values()];
  }

  /** The same head gives the same bytes each time. */
  async sign(size: number, root: Buffer): Promise<SignedHead> {
    const head: Checkpoint = { origin: this.origin, size, root, extensions: [] };
    const text = serialiseCheckpoint(head);
    const { name, keyId } = this.key;
    const signature = Buffer.from(await this.keystore.signer().sign(Buffer.from(text)));
    return { head, note: { text, signatures: [{ name, keyId, signature }] } };
  }

  /** The log before its first leaf. */
  signEmpty(): Promise<SignedHead> {
    return this.sign(0, EMPTY_ROOT);
  }

  /**
   * What this keystore signed; the same head, signed anew, where an earlier key did: that one may count for nothing any more.
   *
   * @throws SeraiError ERR_LOG_MALFORMED, ERR_LOG_SIGNATURE unless these are exactly bytes that one of its keys signed
   */
  async read(bytes: Uint8Array): Promise<SignedHead> {
    const read = parseNote(bytes);
    const { checkpoint: head, signatures } = verifyCheckpoint(read, { origin: this.origin, logs: this.ownKeys });
    const lines = signatures.filter(({ key }) => key.keyId === this.key.keyId).map(({ line }) => line);
    return lines.length === 0
      ? this.sign(head.size, head.root)
      : { head, note: { text: read.text, signatures: lines } };
  }
}

/** The keys of a keystore that can sign for a log, by their key ids. */
export function logKeysIn(keystore: Keystore, origin: string): ReadonlyMap<string, VerifierKey> {
  const signing = keystore.publicKeys().filter(({ use, jwk }) => use === 'sig' && jwk.crv === 'Ed25519');
  return new Map(
    signing.map(({ kid, jwk }) => [
      kid,
      verifierKeyOf(origin, SIGNATURE_TYPE.ED25519, Buffer.from(jwk.x, 'base64url')),
    ]),
  );
}
