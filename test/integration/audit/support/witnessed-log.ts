import type { Keystore } from '#libs/envelope';
import { cosignWith, SIGNATURE_TYPE, verifierKeyOf } from '#libs/transparency-log';
import type { LogWorld } from '../log-world.js';
import { SignerProcess } from './signer-process.js';
import { TestWitness } from './test-witness.js';

/** What makes checkpoints of a log believed: its signer's process, and a witness for each member of the community. */
export class WitnessedLog {
  private constructor(
    readonly world: LogWorld,
    readonly signer: SignerProcess,
    readonly witnesses: readonly TestWitness[],
  ) {}

  /** Instances that start from now on publish. */
  static async begin(world: LogWorld): Promise<WitnessedLog> {
    const { community } = world;
    const signer = await SignerProcess.prepare(community.logKeystore);
    const members = Object.entries(community.log!.witnesses);
    const witnesses = await Promise.all(members.map(([name, keystore]) => witnessOf(name, keystore).start()));
    for (const witness of witnesses) witness.logs = [signer.key];
    await signer.start(witnesses);
    const addresses = new Map(witnesses.map(({ name, url }) => [name, url]));
    world.signing = { signerSocket: signer.socket, witnesses: addresses };
    return new WitnessedLog(world, signer, witnesses);
  }

  /** With its world. */
  async end(): Promise<void> {
    await this.world.end();
    await this.signer.remove();
    await Promise.all(this.witnesses.map((witness) => witness.stop()));
  }
}

/** Cosigns with the key that the community's policy names. */
function witnessOf(name: string, keystore: Keystore): TestWitness {
  const witness = new TestWitness(name);
  const jwk = keystore.publicKeys().find(({ use }) => use === 'sig')!.jwk;
  const key = verifierKeyOf(`${name}.witness`, SIGNATURE_TYPE.COSIGNATURE_V1, Buffer.from(jwk.x, 'base64url'));
  witness.cosigning = (text) =>
    cosignWith(text, key, Math.floor(Date.now() / 1000), (message) => keystore.signer().sign(message));
  return witness;
}
