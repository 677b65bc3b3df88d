import { z } from 'zod';
import { flag, readEnvironment, secret, text } from '#libs/config';
import { isKeyName } from '#libs/transparency-log';
import { type WitnessAddresses, witnessAddresses } from '../witness/witness-addresses.js';
import { socketPath } from './socket-path.js';

/** Settings of the signer. */
export interface SignerConfig {
  /** Name of the log and of its key. */
  readonly origin: string;
  /** Path of the Unix domain socket; only the signer's user may enter its folder. */
  readonly socket: string;
  /** Folder that keeps what was signed last. */
  readonly stateFolder: string;
  /** Its signing key, Ed25519, is the key of the log. */
  readonly keystore: { readonly path: string; readonly passphrase: string };
  /** Who is asked at each start what they have seen of the log. */
  readonly witnesses: WitnessAddresses;
  /** The end of standard input means that the parent is gone: end too. */
  readonly endWithParent: boolean;
}

const keyVariables = z.object({
  SERAI_AUDIT_ORIGIN: z.string().refine(isKeyName, 'must be the name of a log, like hub.example/audit/2026'),
  SERAI_SIGNER_KEYSTORE: text,
  SERAI_SIGNER_KEYSTORE_PASSPHRASE: secret,
});

const variables = keyVariables.extend({
  SERAI_SIGNER_SOCKET: socketPath,
  SERAI_SIGNER_STATE: text,
  SERAI_AUDIT_WITNESS_URLS: witnessAddresses.refine(({ size }) => size > 0, 'must name at least one witness'),
  SERAI_PARENT_PIPE: flag,
});

/**
 * Reads the environment of the signer: `SERAI_AUDIT_ORIGIN`, `SERAI_SIGNER_SOCKET`, `SERAI_SIGNER_STATE`, `SERAI_SIGNER_KEYSTORE`,
 * `SERAI_SIGNER_KEYSTORE_PASSPHRASE`, `SERAI_AUDIT_WITNESS_URLS`, `SERAI_PARENT_PIPE`.
 *
 * @throws SeraiError `ERR_CONFIG_INVALID`
 */
export function readSignerConfig(env: NodeJS.ProcessEnv): SignerConfig {
  const values = readEnvironment(env, variables);
  return {
    ...keyOf(values),
    socket: values.SERAI_SIGNER_SOCKET,
    stateFolder: values.SERAI_SIGNER_STATE,
    witnesses: values.SERAI_AUDIT_WITNESS_URLS,
    endWithParent: values.SERAI_PARENT_PIPE,
  };
}

/**
 * Reads what of the signer's environment names its keys: `SERAI_AUDIT_ORIGIN`, `SERAI_SIGNER_KEYSTORE`, `SERAI_SIGNER_KEYSTORE_PASSPHRASE`.
 *
 * @throws SeraiError `ERR_CONFIG_INVALID`
 */
export function readKeyConfig(env: NodeJS.ProcessEnv): Pick<SignerConfig, 'origin' | 'keystore'> {
  return keyOf(readEnvironment(env, keyVariables));
}

function keyOf(values: z.infer<typeof keyVariables>): Pick<SignerConfig, 'origin' | 'keystore'> {
  return {
    origin: values.SERAI_AUDIT_ORIGIN,
    keystore: { path: values.SERAI_SIGNER_KEYSTORE, passphrase: values.SERAI_SIGNER_KEYSTORE_PASSPHRASE },
  };
}
