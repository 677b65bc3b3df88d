import { readFile } from 'node:fs/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { UPLOAD_MEDIA_TYPE } from '#libs/contracts';
import { type Keystore, openKeystore } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { type AppOptions, leaveBodyUnread } from '#libs/telemetry';
import { parseRootKeys, type RootKeys } from '#libs/trust';
import { AccessPointModule } from './access-point.module.js';
import type { AccessPointConfig, AccessPointSecrets } from './config.js';
import { Identity } from './identity.js';
import { serveWitness } from './witness/witness.routes.js';
import { WitnessKey } from './witness/witness-key.js';

/**
 * The access point as an app.
 *
 * @throws SeraiError ERR_KEYSTORE_UNREADABLE, ERR_TRUST_ROOT, ERR_CONFIG_INVALID
 */
export async function accessPointApp(config: AccessPointConfig, secrets: AccessPointSecrets): Promise<AppOptions> {
  const { participant, realm } = config;
  const keystore = await openKeystore(config.keystore, secrets.keystorePassphrase);
  const file = { path: config.keystore, passphrase: secrets.keystorePassphrase };
  const identity = new Identity(participant, realm, keystore, file);
  const witnessKey = await openWitnessKey(config, secrets, keystore);
  const rootKeys = await readRootKeys(config.rootKeys);
  const { postgresUrl, attachments } = secrets;
  return {
    name: 'access-point',
    module: AccessPointModule.forRoot({ config, identity, witnessKey, rootKeys, postgresUrl, attachments }),
    host: config.app.host,
    port: config.app.port,
    configure: configureHttp,
  };
}

/** The bytes of an upload are stored as they come; the witness is served beside the officers' API. */
export function configureHttp(app: NestFastifyApplication): void {
  leaveBodyUnread(app, UPLOAD_MEDIA_TYPE);
  serveWitness(app);
}

async function openWitnessKey(
  { witnessKeystore }: AccessPointConfig,
  { witnessPassphrase }: AccessPointSecrets,
  others: Keystore,
): Promise<WitnessKey> {
  if (witnessKeystore === undefined) return new WitnessKey();
  return new WitnessKey(await openKeystore(witnessKeystore, witnessPassphrase ?? ''), others);
}

async function readRootKeys(path: string): Promise<RootKeys> {
  let json: string;
  try {
    json = await readFile(path, 'utf8');
  } catch (cause) {
    throw new SeraiError('ERR_CONFIG_INVALID', `The root keys at ${path} cannot be read. Check SERAI_ROOT_KEYS.`, {
      cause,
    });
  }
  return parseRootKeys(json);
}
