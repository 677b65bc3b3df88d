import Provider, {
  type ClientMetadata,
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
  type ResourceServer,
} from 'oidc-provider';
import type { Accounts } from '../accounts/accounts.js';
import type { AccountsFile, Holder } from '../accounts/accounts-file.js';
import { errorPage, PAGE_POLICY } from '../login/login-page.js';

/** The one scope of the access points' API; what its holder may do is in the claims. */
export const API_SCOPE = 'serai';

/** Seconds that what the provider hands out stays valid. */
export interface Lifetimes {
  readonly accessToken: number;
  readonly authorizationCode: number;
  readonly refreshToken: number;
}

export const DEFAULT_LIFETIMES: Lifetimes = { accessToken: 600, authorizationCode: 60, refreshToken: 12 * 3600 };

/** Public clients of this project. As native applications they may come back on any port of the loopback address (RFC 8252 section 7.3). */
const PUBLIC_CLIENTS = ['serai-console', 'serai-cli'].map(
  (clientId): ClientMetadata => ({
    client_id: clientId,
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback', 'http://localhost/callback'],
    id_token_signed_response_alg: 'ES256',
  }),
);

/**
 * Builds the provider: authorization code with PKCE and refresh tokens for officers, client credentials with private_key_jwt for
 * national systems; access tokens are ES256 JWTs for one participant, which is the resource (RFC 8707).
 */
export function createProvider(
  issuer: string,
  signingKey: AccountsFile['signingKey'],
  accounts: Accounts,
  lifetimes: Lifetimes = DEFAULT_LIFETIMES,
): Provider {
  return new Provider(issuer, {
    clients: [...PUBLIC_CLIENTS, ...accounts.systems.map(clientOf)],
    jwks: { keys: [{ ...signingKey, use: 'sig', alg: 'ES256' }] },
    scopes: ['openid'],
    routes: { authorization: '/oidc/authorize', token: '/oidc/token', jwks: '/oidc/jwks', userinfo: '/oidc/userinfo' },
    features: features(accounts),
    interactions: { url: (_ctx, interaction) => `/login/${interaction.uid}`, policy: loginOnly() },
    pkce: { required: () => true },
    claims: { openid: ['sub', 'name'] },
    conformIdTokenClaims: false,
    findAccount: (_ctx, subject) => accountOf(accounts, subject),
    loadExistingGrant: (ctx) => grantFor(ctx, accounts),
    extraTokenClaims: (ctx, token) => {
      const holder = token.kind === 'ClientCredentials' ? systemOf(ctx, accounts) : officerOf(ctx, accounts);
      return holder && claimsOf(holder);
    },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => false,
    cookies: { keys: [signingKey.d], names: { session: 'serai_session', interaction: 'serai_login' } },
    ttl: {
      AccessToken: lifetimes.accessToken,
      ClientCredentials: lifetimes.accessToken,
      AuthorizationCode: lifetimes.authorizationCode,
      RefreshToken: lifetimes.refreshToken,
      Grant: lifetimes.refreshToken,
      Session: lifetimes.refreshToken,
      IdToken: lifetimes.accessToken,
      Interaction: 600,
    },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.set('content-security-policy', PAGE_POLICY);
      ctx.body = errorPage(out.error_description ?? out.error);
    },
  });
}

function features(accounts: Accounts): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource, client) => resourceServer(accounts, resource, client.clientId),
    },
  };
}

function clientOf({ clientId, publicKey }: Accounts['systems'][number]): ClientMetadata {
  return {
    client_id: clientId,
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    id_token_signed_response_alg: 'ES256',
    jwks: { keys: [publicKey] },
  };
}

/** Nobody is asked for consent: the clients are the project's own and the officer's agency decides what they may do. */
function loginOnly(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.remove('consent');
  return policy;
}

function resourceServer(accounts: Accounts, resource: string, clientId: string): ResourceServer {
  const system = accounts.system(clientId);
  if (system ? system.participant !== resource : !accounts.knowsParticipant(resource)) throw new errors.InvalidTarget();
  return { scope: API_SCOPE, audience: resource, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };
}

function accountOf(accounts: Accounts, subject: string) {
  const officer = accounts.officer(subject);
  return officer && { accountId: subject, claims: () => ({ sub: subject, name: officer.name }) };
}

/** Grants what was asked for, when the officer belongs to the participant whose access point the token is for. */
async function grantFor(ctx: KoaContextWithOIDC, accounts: Accounts) {
  const { client, session, resourceServers, requestParamScopes, provider } = ctx.oidc;
  const officer = accounts.officer(session?.accountId ?? '');
  if (!client || !officer) return undefined;
  const resources = Object.keys(resourceServers ?? {});
  if (resources.some((resource) => resource !== officer.participant)) {
    throw new errors.AccessDenied('this officer belongs to another participant');
  }
  const grant = new provider.Grant({ clientId: client.clientId, accountId: officer.pseudonym });
  if (requestParamScopes.has('openid')) grant.addOIDCScope('openid');
  for (const resource of resources) grant.addResourceScope(resource, API_SCOPE);
  await grant.save();
  return grant;
}

const officerOf = (ctx: KoaContextWithOIDC, accounts: Accounts): Holder | undefined =>
  accounts.officer(ctx.oidc.account?.accountId ?? '');

const systemOf = (ctx: KoaContextWithOIDC, accounts: Accounts): Holder | undefined =>
  accounts.system(ctx.oidc.client?.clientId ?? '');

function claimsOf(holder: Holder): Record<string, unknown> {
  return {
    name: holder.name,
    serai_participant: holder.participant,
    serai_realm: holder.realm ?? 'production',
    serai_pseudonym: holder.pseudonym,
    serai_roles: holder.roles,
    serai_desks: holder.desks,
  };
}
