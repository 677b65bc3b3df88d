import { z } from 'zod';
import { type BlobPlace, readBlobPlace } from '#libs/attachments';
import { httpUrl, postgresUrl, readEnvironment, secret, text } from '#libs/config';
import { participantUrn, type Realm, realm } from '#libs/contracts';
import { type AppSettings, readAppSettings } from '#libs/telemetry';
import { type AnomalySettings, readAnomalySettings } from './anomaly/anomaly-settings.js';

/** Where this access point listens, whose it is, and what it talks to. Secrets are in {@link AccessPointSecrets}. */
export interface AccessPointConfig {
  readonly app: AppSettings;
  readonly participant: string;
  readonly realm: Realm;
  /** Base address of the hub's gateway; the rest of the hub is discovered there. */
  readonly gatewayUrl: string;
  readonly oidc: { readonly issuer: string; readonly audience: string };
  /** Path of the pinned root keys. */
  readonly rootKeys: string;
  readonly keystore: string;
  /** Keystore of the witness; absent: this access point is none. */
  readonly witnessKeystore?: string;
  /** After so many minutes without anything new the log counts as stale. */
  readonly logStaleMinutes: number;
  /** For so many days after the end of a leg its content is kept; 0 keeps it until somebody erases it. */
  readonly retentionDays: number;
  /** So long a look waits for the hub to take its record. */
  readonly recordWaitSeconds: number;
  /** What the rules of the anomaly queue measure with. */
  readonly anomalies: AnomalySettings;
}

export interface AccessPointSecrets {
  readonly postgresUrl: string;
  readonly keystorePassphrase: string;
  readonly witnessPassphrase?: string;
  /** Where attachments lie, encrypted; a bucket comes with the key to it. */
  readonly attachments: BlobPlace;
}

const variables = z.object({
  SERAI_ACCESS_POINT_PARTICIPANT: participantUrn,
  SERAI_ACCESS_POINT_GATEWAY_URL: httpUrl,
  SERAI_ACCESS_POINT_OIDC_ISSUER: httpUrl,
  SERAI_ACCESS_POINT_OIDC_AUDIENCE: text,
  SERAI_REALM: realm.default('production'),
  SERAI_ROOT_KEYS: text,
  SERAI_KEYSTORE: text,
  SERAI_ACCESS_POINT_WITNESS_KEYSTORE: text.optional(),
  SERAI_ACCESS_POINT_LOG_STALE_MINUTES: z.coerce
    .number('must be a number of minutes from 1 to 1440')
    .int()
    .min(1)
    .max(1440)
    .default(15),
  SERAI_ACCESS_POINT_RETENTION_DAYS: z.coerce
    .number('must be a number of days from 0 to 36500')
    .int()
    .min(0)
    .max(36_500)
    .default(1_095),
  SERAI_ACCESS_POINT_RECORD_WAIT_SECONDS: z.coerce
    .number('must be a number of seconds from 1 to 60')
    .int()
    .min(1)
    .max(60)
    .default(5),
  SERAI_ACCESS_POINT_ANOMALY_RULES: text.optional(),
});

const secrets = z.object({
  SERAI_POSTGRES_URL: postgresUrl,
  SERAI_KEYSTORE_PASSPHRASE: secret,
  SERAI_ACCESS_POINT_WITNESS_PASSPHRASE: secret.optional(),
});

const DEFAULT_PORT = 4121;

/** @throws SeraiError ERR_CONFIG_INVALID */
export function readConfig(env: NodeJS.ProcessEnv): AccessPointConfig {
  const values = readEnvironment(env, variables);
  const witness = values.SERAI_ACCESS_POINT_WITNESS_KEYSTORE;
  return {
    app: readAppSettings(env, 'access-point', DEFAULT_PORT),
    participant: values.SERAI_ACCESS_POINT_PARTICIPANT,
    realm: values.SERAI_REALM,
    gatewayUrl: values.SERAI_ACCESS_POINT_GATEWAY_URL,
    oidc: { issuer: values.SERAI_ACCESS_POINT_OIDC_ISSUER, audience: values.SERAI_ACCESS_POINT_OIDC_AUDIENCE },
    rootKeys: values.SERAI_ROOT_KEYS,
    keystore: values.SERAI_KEYSTORE,
    logStaleMinutes: values.SERAI_ACCESS_POINT_LOG_STALE_MINUTES,
    retentionDays: values.SERAI_ACCESS_POINT_RETENTION_DAYS,
    recordWaitSeconds: values.SERAI_ACCESS_POINT_RECORD_WAIT_SECONDS,
    anomalies: readAnomalySettings(values.SERAI_ACCESS_POINT_ANOMALY_RULES),
    ...(witness ? { witnessKeystore: witness } : {}),
  };
}

/** @throws SeraiError ERR_CONFIG_INVALID */
export function readSecrets(env: NodeJS.ProcessEnv): AccessPointSecrets {
  const values = readEnvironment(env, secrets);
  const witness = values.SERAI_ACCESS_POINT_WITNESS_PASSPHRASE;
  return {
    postgresUrl: values.SERAI_POSTGRES_URL,
    keystorePassphrase: values.SERAI_KEYSTORE_PASSPHRASE,
    ...(witness ? { witnessPassphrase: witness } : {}),
    attachments: readBlobPlace(env, 'SERAI_ACCESS_POINT_ATTACHMENTS'),
  };
}

/** @throws SeraiError ERR_CONFIG_INVALID */
export function readPostgresUrl(env: NodeJS.ProcessEnv): string {
  return readEnvironment(env, secrets.pick({ SERAI_POSTGRES_URL: true })).SERAI_POSTGRES_URL;
}
