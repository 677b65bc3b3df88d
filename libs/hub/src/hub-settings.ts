import { z } from 'zod';
import { brokerList, postgresUrl, readEnvironment, secret, text } from '#libs/config';
import { type Realm, realm } from '#libs/contracts';
import { DEFAULT_KAFKA_CLIENT, KAFKA_CLIENTS, type KafkaClient } from '#libs/messaging';
import { type AppSettings, readAppSettings } from '#libs/telemetry';

/** What every service of the hub is told by its environment. */
export interface HubSettings {
  /** Name of the service: `gateway`, `directory`, `requests`, `notifications`. */
  readonly service: string;
  readonly app: AppSettings;
  readonly realm: Realm;
  /** Connection with the service's own role; its tables are in the schema of its name. */
  readonly postgresUrl: string;
  readonly brokers: readonly string[];
  /** Put before every topic and group; empty in a deployment. */
  readonly topicPrefix: string;
  /** Which library talks to the brokers. */
  readonly kafkaClient: KafkaClient;
  /** Path of the JSON file that pins the root keys. */
  readonly rootKeysPath: string;
  readonly keystore: { readonly path: string; readonly passphrase: string };
}

const variables = z.object({
  SERAI_POSTGRES_URL: postgresUrl,
  SERAI_KAFKA_BROKERS: brokerList,
  SERAI_KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[\w.-]*$/, 'must be a prefix of topic names')
    .default(''),
  SERAI_KAFKA_CLIENT: z.enum(KAFKA_CLIENTS).default(DEFAULT_KAFKA_CLIENT),
  SERAI_REALM: realm.default('production'),
  SERAI_ROOT_KEYS: text,
  SERAI_KEYSTORE: text,
  SERAI_KEYSTORE_PASSPHRASE: secret,
});

/**
 * Reads what all services of the hub have in common: `SERAI_<APP>_HOST`, `_PORT`, `SERAI_LOG_LEVEL`, `SERAI_PARENT_PIPE`, `SERAI_POSTGRES_URL`,
 * `SERAI_KAFKA_BROKERS`, `SERAI_KAFKA_TOPIC_PREFIX`, `SERAI_KAFKA_CLIENT`, `SERAI_REALM`, `SERAI_ROOT_KEYS`, `SERAI_KEYSTORE`, `SERAI_KEYSTORE_PASSPHRASE`.
 *
 * @throws SeraiError `ERR_CONFIG_INVALID`
 */
export function readHubSettings(env: NodeJS.ProcessEnv, service: string, defaultPort: number): HubSettings {
  const values = readEnvironment(env, variables);
  return {
    service,
    app: readAppSettings(env, service, defaultPort),
    realm: values.SERAI_REALM,
    postgresUrl: values.SERAI_POSTGRES_URL,
    brokers: values.SERAI_KAFKA_BROKERS,
    topicPrefix: values.SERAI_KAFKA_TOPIC_PREFIX,
    kafkaClient: values.SERAI_KAFKA_CLIENT,
    rootKeysPath: values.SERAI_ROOT_KEYS,
    keystore: { path: values.SERAI_KEYSTORE, passphrase: values.SERAI_KEYSTORE_PASSPHRASE },
  };
}
