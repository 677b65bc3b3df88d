import type { Keystore } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { cosignWith, type NoteSignature, type Policy, SIGNATURE_TYPE, type VerifierKey } from '#libs/transparency-log';

/**
 * The key that this access point cosigns checkpoints with: Ed25519, in a keystore of its own. A cosignature does not name what it is, so this key must sign
 * nothing else.
 */
export class WitnessKey {
  private readonly material: Buffer | undefined;

  /**
   * @param keystore absent: this access point is no witness
   * @param others keys of this access point that sign other things
   * @throws SeraiError ERR_LOG_KEY when the keystore signs with another algorithm, or with a key that signs envelopes
   */
  constructor(
    private readonly keystore?: Keystore,
    others?: Keystore,
  ) {
    if (keystore === undefined) return;
    const { kid, alg } = keystore.signer();
    const jwk = keystore.publicKeys().find((key) => key.kid === kid)?.jwk;
    if (alg !== 'Ed25519' || jwk === undefined) throw unusable('does not sign with Ed25519');
    if (others?.publicKeys().some((key) => key.kid === kid))
      throw unusable('signs with a key that signs envelopes too');
    this.material = Buffer.from(jwk.x, 'base64url');
  }

  /** This key under the name of a policy's witness, or undefined when the policy does not name it. */
  in(policy: Policy): VerifierKey | undefined {
    return policy.witnesses.find(({ key }) => this.is(key))?.key;
  }

  /** True for this key under any name. */
  is(key: VerifierKey): boolean {
    return (
      this.material !== undefined && key.type === SIGNATURE_TYPE.COSIGNATURE_V1 && key.material.equals(this.material)
    );
  }

  /**
   * Cosigns a checkpoint. Only for a head that is stored.
   *
   * @param key from {@link in}
   * @param text of the checkpoint
   */
  cosign(text: string, key: VerifierKey, at: Date): Promise<NoteSignature> {
    const { keystore } = this;
    if (keystore === undefined) throw unusable('is not there');
    return cosignWith(text, key, Math.floor(at.getTime() / 1000), (message) => keystore.signer().sign(message));
  }
}

function unusable(reason: string): SeraiError {
  return new SeraiError('ERR_LOG_KEY', `The keystore of the witness ${reason}. Make one for it alone.`);
}
