import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type BlobPlace, readBlobPlace } from '#libs/attachments';
import { flag, httpUrl, readEnvironment, text } from '#libs/config';
import { SeraiError } from '#libs/errors';
import { type HubSettings, readHubSettings } from '#libs/hub';

/** Settings of the gateway. */
export interface GatewayConfig {
  readonly hub: HubSettings;
  /** PEM texts; the gateway itself ends TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** A proxy in front ends TLS. */
  readonly trustProxy: boolean;
  /** Where ciphertexts of attachments lie, and for how many days after an envelope has named them. */
  readonly attachments: { readonly place: BlobPlace; readonly days: number };
  /** What the discovery document names. */
  readonly addresses: {
    readonly gateway: string;
    readonly directory: string;
    readonly notifications: string;
    readonly audit?: string;
  };
}

const variables = z.object({
  SERAI_GATEWAY_TLS_CERT: text.optional(),
  SERAI_GATEWAY_TLS_KEY: text.optional(),
  SERAI_GATEWAY_TRUST_PROXY: flag,
  SERAI_GATEWAY_PUBLIC_URL: httpUrl,
  SERAI_GATEWAY_DIRECTORY_URL: httpUrl,
  SERAI_GATEWAY_NOTIFICATIONS_URL: httpUrl,
  SERAI_GATEWAY_AUDIT_URL: httpUrl.optional(),
  SERAI_GATEWAY_ATTACHMENT_DAYS: z.coerce
    .number('must be a number of days from 1 to 3650')
    .int()
    .min(1)
    .max(3650)
    .default(90),
});

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/**
 * Reads the gateway's environment: the common variables of hub services, and `SERAI_GATEWAY_TLS_CERT` and `_TLS_KEY` (paths of PEM files),
 * `_TRUST_PROXY`, `_PUBLIC_URL`, `_DIRECTORY_URL`, `_NOTIFICATIONS_URL`, `_AUDIT_URL`, `_ATTACHMENTS` (see
 * {@link readBlobPlace}), `_ATTACHMENT_DAYS`.
 *
 * @throws SeraiError `ERR_CONFIG_INVALID`
 */
export function readGatewayConfig(env: NodeJS.ProcessEnv): GatewayConfig {
  const hub = readHubSettings(env, 'gateway', 4100);
  const values = readEnvironment(env, variables);
  const tls = readTls(values.SERAI_GATEWAY_TLS_CERT, values.SERAI_GATEWAY_TLS_KEY);
  const trustProxy = values.SERAI_GATEWAY_TRUST_PROXY;
  if (!tls && !trustProxy && !LOOPBACK.test(hub.app.host)) {
    throw new SeraiError(
      'ERR_CONFIG_INVALID',
      `The gateway does not listen on ${hub.app.host} without TLS: set SERAI_GATEWAY_TLS_CERT and SERAI_GATEWAY_TLS_KEY, or SERAI_GATEWAY_TRUST_PROXY=1 where a proxy in front ends TLS.`,
    );
  }
  return {
    hub,
    ...(tls ? { tls } : {}),
    trustProxy,
    attachments: { place: readBlobPlace(env, 'SERAI_GATEWAY_ATTACHMENTS'), days: values.SERAI_GATEWAY_ATTACHMENT_DAYS },
    addresses: {
      gateway: values.SERAI_GATEWAY_PUBLIC_URL,
      directory: values.SERAI_GATEWAY_DIRECTORY_URL,
      notifications: values.SERAI_GATEWAY_NOTIFICATIONS_URL,
      ...(values.SERAI_GATEWAY_AUDIT_URL === undefined ? {} : { audit: values.SERAI_GATEWAY_AUDIT_URL }),
    },
  };
}

function readTls(cert: string | undefined, key: string | undefined): GatewayConfig['tls'] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new SeraiError(
      'ERR_CONFIG_INVALID',
      'SERAI_GATEWAY_TLS_CERT and SERAI_GATEWAY_TLS_KEY must be set together.',
    );
  }
  return { cert: readPem('SERAI_GATEWAY_TLS_CERT', cert), key: readPem('SERAI_GATEWAY_TLS_KEY', key) };
}

function readPem(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SeraiError('ERR_CONFIG_INVALID', `The file that ${variable} names can not be read.`, { cause });
  }
}
