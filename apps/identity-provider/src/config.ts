import { z } from 'zod';
import { httpUrl, readEnvironment, text } from '#libs/config';
import { SeraiError } from '#libs/errors';
import { type AppSettings, readAppSettings } from '#libs/telemetry';

export interface IdentityProviderConfig {
  readonly app: AppSettings;
  /** Address under which browsers and access points reach this provider; has no path. */
  readonly issuer: string;
  /** Path of the JSON file with officers and systems. */
  readonly accountsFile: string;
}

const variables = z.object({
  SERAI_IDENTITY_PROVIDER_ISSUER: httpUrl.refine((url) => new URL(url).pathname === '/', 'must be an origin, no path'),
  SERAI_IDENTITY_PROVIDER_ACCOUNTS: text,
});

/** Reads the environment; refuses to exist in production, where a real identity provider of the agency belongs. */
export function readConfig(env: NodeJS.ProcessEnv): IdentityProviderConfig {
  if (env['NODE_ENV'] === 'production') {
    throw new SeraiError(
      'ERR_CONFIG_INVALID',
      "This identity provider is for development only and does not run with NODE_ENV=production: use the agency's own OpenID provider.",
    );
  }
  const read = readEnvironment(env, variables);
  return {
    app: readAppSettings(env, 'identity-provider', 4110),
    issuer: read.SERAI_IDENTITY_PROVIDER_ISSUER,
    accountsFile: read.SERAI_IDENTITY_PROVIDER_ACCOUNTS,
  };
}
