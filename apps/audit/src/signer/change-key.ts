import { activateKey, addKey, createKeystore, type Keystore, openKeystore } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { serialiseVerifierKey } from '#libs/transparency-log';
import { logKeysIn } from './signed-head.js';
import type { SignerConfig } from './signer-config.js';

export const CHANGE_KEY_HELP = `signer-key create|list|add|activate <vkey>: the keys of the log, in the signer's keystore.

  create            makes the keystore of a log, with its key; the file must not be there yet
  list             each as it stands behind "log" in the log policy; the one that signs first
  add              makes another one, which signs nothing yet
  activate <vkey>  has the signer sign with this one from its next start on; the log policy must name it before

Reads SERAI_AUDIT_ORIGIN, SERAI_SIGNER_KEYSTORE and SERAI_SIGNER_KEYSTORE_PASSPHRASE. Keys stay in the keystore: what they signed must be read again.`;

/**
 * What operators do to the keys of the log.
 *
 * @returns the verifier keys to tell; undefined asks for help
 * @throws SeraiError ERR_KEYSTORE_UNREADABLE; ERR_LOG_KEY for a key that the keystore does not hold
 */
export async function changeKey(
  [command, ...rest]: readonly string[],
  { origin, keystore: { path, passphrase } }: Pick<SignerConfig, 'origin' | 'keystore'>,
): Promise<string[] | undefined> {
  if (command === 'create' && rest.length === 0) return keysOf(await createKeystore(path, passphrase), origin);
  if (command === 'list' && rest.length === 0) return keysOf(await openKeystore(path, passphrase), origin);
  if (command === 'add' && rest.length === 0) {
    const { keystore, added } = await addKey(path, passphrase, 'sig');
    return [serialiseVerifierKey(logKeysIn(keystore, origin).get(added.kid)!)];
  }
  const [vkey] = rest;
  if (command !== 'activate' || rest.length !== 1) return undefined;
  const keys = logKeysIn(await openKeystore(path, passphrase), origin);
  const [kid] = [...keys].find(([, key]) => serialiseVerifierKey(key) === vkey) ?? [];
  if (kid === undefined)
    throw new SeraiError('ERR_LOG_KEY', 'The keystore of the signer holds no such key. See signer-key list.');
  return keysOf(await activateKey(path, passphrase, kid), origin);
}

/** The one that signs first. */
function keysOf(keystore: Keystore, origin: string): string[] {
  const { kid: active } = keystore.signer();
  const keys = [...logKeysIn(keystore, origin)].toSorted(([a], [b]) => Number(b === active) - Number(a === active));
  return keys.map(([, key]) => serialiseVerifierKey(key));
}
