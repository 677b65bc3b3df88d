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

/** Signs heads of one log. */
export class HeadSigner {
  readonly key: VerifierKey;

  /**
   * @param origin name of the log and of its key
   * @throws SeraiError ERR_LOG_KEY unless the keystore signs with Ed25519
   */
  constructor(
    readonly origin: string,
    private readonly keystore: Keystore,
  ) {
    const { kid, alg } = keystore.signer();
    const jwk = keystore.publicKeys().find((key) => key.kid === kid)?.jwk;
    if (alg !== 'Ed25519' || jwk === undefined)
      throw new SeraiError('ERR_LOG_KEY', 'The keystore of the signer must sign with an Ed25519 key. Make a new one.');
    this.key = verifierKeyOf(origin, SIGNATURE_TYPE.ED25519, Buffer.from(jwk.x, 'base64url'));
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

  /** @throws SeraiError ERR_LOG_MALFORMED, ERR_LOG_SIGNATURE unless these are exactly bytes that this key signed */
  read(bytes: Uint8Array): SignedHead {
    const read = parseNote(bytes);
    const { checkpoint: head, signatures } = verifyCheckpoint(read, { origin: this.origin, logs: [this.key] });
    return { head, note: { text: read.text, signatures: signatures.map(({ line }) => line) } };
  }
}
