import { importJWK, type JWK } from 'jose';
import * as oidc from 'openid-client';
import { API_SCOPE, discover, type Issuer, patiently } from './oidc.js';
import { renewing, type TokenSource, tokensOf } from './token-source.js';

/** A national system that logs in by its own key, without a person. */
export interface SystemLogin extends Issuer {
  readonly participant: string;
  readonly clientId: string;
  /** Private P-256 key whose public half the provider knows. */
  readonly privateKey: JWK;
}

/** Client credentials with private_key_jwt (RFC 7523 section 2.2), ES256. */
export function systemLogin(login: SystemLogin): TokenSource {
  const { participant, clientId, privateKey } = login;
  return renewing(async () => {
    const key = (await importJWK(privateKey, 'ES256')) as oidc.CryptoKey;
    const config = await discover(login, clientId, oidc.PrivateKeyJwt(key));
    const grant = { scope: API_SCOPE, resource: participant };
    return tokensOf(await patiently(login, () => oidc.clientCredentialsGrant(config, grant)));
  });
}
