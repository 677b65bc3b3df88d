import { generateKeyPairSync } from 'node:crypto';
import { generateKeystore, type Keystore, type KeystoreDocument } from '#libs/envelope';
import {
  cosignWith,
  type Note,
  type NoteSignature,
  SIGNATURE_TYPE,
  type SignerKey,
  signerKey,
  type VerifierKey,
  verifierKeyOf,
} from '#libs/transparency-log';
import { logPolicyText } from '#libs/trust';
import { openDocument } from './open-document.js';

export const LOG_ORIGIN = 'hub.example/audit/2026';

interface WitnessKeys {
  readonly document: KeystoreDocument;
  readonly keystore: Keystore;
  readonly key: VerifierKey;
}

/** The key of a community's log and those of its witnesses, one per member. */
export class LogKeys {
  private constructor(
    readonly signer: SignerKey,
    private readonly witnesses: ReadonlyMap<string, WitnessKeys>,
  ) {}

  static async make(members: readonly string[]): Promise<LogKeys> {
    const signer = signerKey(LOG_ORIGIN, SIGNATURE_TYPE.ED25519, generateKeyPairSync('ed25519').privateKey);
    const witnesses = new Map<string, WitnessKeys>();
    for (const member of members) {
      const document = await generateKeystore();
      const keystore = await openDocument(document);
      const material = keystore.publicKeys().find(({ use }) => use === 'sig')?.jwk.x ?? '';
      const key = verifierKeyOf(`${member}.witness`, SIGNATURE_TYPE.COSIGNATURE_V1, Buffer.from(material, 'base64url'));
      witnesses.set(member, { document, keystore, key });
    }
    return new LogKeys(signer, witnesses);
  }

  /** The policy with all of them. */
  get policy(): string {
    const witnesses = new Map([...this.witnesses].map(([member, { key }]) => [member, key]));
    return logPolicyText({ log: this.signer.key, witnesses });
  }

  witness(member: string): WitnessKeys {
    const keys = this.witnesses.get(member);
    if (!keys) throw new Error(`${member} has no witness`);
    return keys;
  }

  /** What a witness would answer. */
  cosign(member: string, { text }: Note, at = new Date()): Promise<NoteSignature> {
    const { key, keystore } = this.witness(member);
    return cosignWith(text, key, Math.floor(at.getTime() / 1000), (message) => keystore.signer().sign(message));
  }
}
