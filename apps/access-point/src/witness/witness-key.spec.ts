import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createKeystore, type Keystore } from '#libs/envelope';
import { parsePolicy, SIGNATURE_TYPE, serialiseVerifierKey, verifierKeyOf } from '#libs/transparency-log';
import { WitnessKey } from './witness-key.js';

let folder: string;
let own: Keystore;
let other: Keystore;
let es256: Keystore;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'serai-witness-'));
  const make = (name: string, alg?: 'ES256') =>
    createKeystore(path.join(folder, name), 'passphrase of a test', alg ? { alg } : {});
  [own, other, es256] = await Promise.all([make('own'), make('other'), make('es256', 'ES256')]);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

function policyNaming(keystore: Keystore) {
  const material = keystore.publicKeys().find(({ use }) => use === 'sig')?.jwk.x ?? '';
  const key = verifierKeyOf('rs.witness', SIGNATURE_TYPE.COSIGNATURE_V1, Buffer.from(material, 'base64url'));
  return parsePolicy(Buffer.from(`witness rs ${serialiseVerifierKey(key)}\nquorum rs\n`));
}

describe(WitnessKey.name, () => {
  it('goes by the name that a policy gives it, and is nobody where none does', () => {
    const key = new WitnessKey(own, other);
    expect(key.in(policyNaming(own))?.name).toBe('rs.witness');
    expect(key.in(policyNaming(other))).toBeUndefined();
    expect(new WitnessKey().in(policyNaming(own))).toBeUndefined();
  });

  it('is not the key that signs envelopes, and an Ed25519 key', () => {
    expect(() => new WitnessKey(own, own)).toThrow('signs envelopes too');
    expect(() => new WitnessKey(es256, other)).toThrow('does not sign with Ed25519');
    expect(() => new WitnessKey(own, es256)).not.toThrow();
  });
});
