import { OperatorClient } from '#libs/client';
import { OPERATED_SERVICES } from '#libs/contracts';
import { openKeystore } from '#libs/envelope';
import type { CliConfig } from '../config.js';
import { UsageError } from '../failure.js';
import { readLocalOperator } from './local-run.js';

/** Options with which an operator says who it is and where the hub is; a local community needs neither. */
export interface OperatorOptions {
  readonly keystore?: string;
  readonly services?: string;
  readonly json?: boolean;
}

/** An operator's clients by the name of the service. */
export async function connectOperator(
  config: CliConfig,
  options: OperatorOptions,
): Promise<ReadonlyMap<string, OperatorClient>> {
  const { services, keystore, passphrase } = placesOf(config, options);
  const signer = (await openKeystore(keystore, passphrase)).signer();
  return new Map(
    Object.entries(services).map(([service, baseUrl]) => [service, new OperatorClient({ service, baseUrl, signer })]),
  );
}

interface OperatorPlaces {
  readonly services: Readonly<Record<string, string>>;
  readonly keystore: string;
  readonly passphrase: string;
}

function placesOf(config: CliConfig, { keystore, services }: OperatorOptions): OperatorPlaces {
  if (keystore === undefined && services === undefined) {
    const local = readLocalOperator(config);
    if (local) return local;
    throw new UsageError(
      'Say who you are and where: --keystore <file> --services requests=<url>,...; or run "npm start" first (after "npm run reset" where the community is older than its operators).',
    );
  }
  if (!keystore || !services) throw new UsageError('--keystore and --services go together.');
  const passphrase = config.keystorePassphrase;
  if (!passphrase) throw new UsageError('Set SERAI_KEYSTORE_PASSPHRASE to the passphrase of the keystore.');
  return { services: addressesOf(services), keystore, passphrase };
}

/** `requests=http://127.0.0.1:4102,directory=...` */
function addressesOf(list: string): Record<string, string> {
  const pairs = list.split(',').map((pair) => {
    const [name = '', url = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    if (OPERATED_SERVICES.some((service) => service === name) && URL.canParse(url)) return [name, url] as const;
    throw new UsageError(`"${pair}" is no service=url. Services are: ${OPERATED_SERVICES.join(', ')}.`);
  });
  return Object.fromEntries(pairs);
}
