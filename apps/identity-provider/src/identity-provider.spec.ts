import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createRemoteJWKSet, type JWK, jwtVerify } from 'jose';
import { logInOnce, passwordLogin, startCodeFlow, systemLogin } from '#libs/client';
import { createApp } from '#libs/telemetry';
import type { AccountsFile } from './accounts/accounts-file.js';
import { hashPassword } from './accounts/password.js';
import { IdentityProviderModule } from './identity-provider.module.js';
import { DEFAULT_LIFETIMES } from './provider/create-provider.js';

const RS = 'urn:serai:participant:rs';
const IQ = 'urn:serai:participant:iq';
const PASSWORD = 'correct horse';

const keyPair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { private: privateKey.export({ format: 'jwk' }) as JWK, public: publicKey.export({ format: 'jwk' }) as JWK };
};
const signing = keyPair();
const system = keyPair();

async function accounts(): Promise<AccountsFile> {
  const passwordHash = await hashPassword(PASSWORD);
  const officer = { passwordHash, roles: ['LIAISON_OFFICER' as const] };
  return {
    signingKey: signing.private as unknown as AccountsFile['signingKey'],
    officers: [
      {
        ...officer,
        username: 'rs.liaison',
        name: 'Milica Primerović',
        participant: RS,
        pseudonym: 'o-3f9a1c2e',
        desks: ['urn:serai:desk:rs:liaison'],
      },
      {
        ...officer,
        username: 'iq.duty',
        name: 'Karim al-Tajribi',
        participant: IQ,
        pseudonym: 'o-77aa1c2e',
        desks: ['urn:serai:desk:iq:ncc'],
      },
    ],
    systems: [
      {
        clientId: 'rs-case-system',
        publicKey: system.public as unknown as AccountsFile['systems'][number]['publicKey'],
        name: 'Case system of Serbia (synthetic)',
        participant: RS,
        pseudonym: 'o-5y5tem01',
        roles: ['NCC_DUTY_OFFICER'],
        desks: ['urn:serai:desk:rs:ncc'],
      },
    ],
  };
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

// The provider recognises plain objects by their constructor, and a clone made inside jest has that of another realm.
const nativeClone = structuredClone;
function asPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asPlain);
  if (value?.constructor.name !== 'Object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asPlain(member)]));
}

let app: NestFastifyApplication;
let issuer: string;

beforeAll(async () => {
  globalThis.structuredClone = ((value: unknown) => asPlain(nativeClone(value))) as typeof structuredClone;
  const port = await freePort();
  issuer = `http://127.0.0.1:${port}`;
  const lifetimes = { ...DEFAULT_LIFETIMES, authorizationCode: 1 };
  const module = IdentityProviderModule.forRoot({ issuer, accounts: await accounts(), lifetimes, logLevel: 'fatal' });
  app = await createApp({ name: 'identity-provider', module, host: '127.0.0.1', port });
});
afterAll(() => app.close());

const claimsOf = async (token: string, audience: string) =>
  (await jwtVerify(token, createRemoteJWKSet(new URL('/oidc/jwks', issuer)), { issuer, audience })).payload;

/** The authorization endpoint's answer to a request with one thing changed. */
async function authorize(changes: Record<string, string | undefined>): Promise<Response> {
  const { url } = await startCodeFlow({ issuer, participant: RS }, 'http://127.0.0.1/callback');
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return fetch(url, { redirect: 'manual' });
}

describe('an officer', () => {
  it('logs in and gets a token for the own access point that says who they are', async () => {
    const { accessToken, refreshToken } = await logInOnce({ issuer, participant: RS }, 'rs.liaison', PASSWORD);
    expect(refreshToken).toBeDefined();
    expect(await claimsOf(accessToken, RS)).toMatchObject({
      sub: 'o-3f9a1c2e',
      name: 'Milica Primerović',
      scope: 'serai',
      serai_participant: RS,
      serai_pseudonym: 'o-3f9a1c2e',
      serai_roles: ['LIAISON_OFFICER'],
      serai_desks: ['urn:serai:desk:rs:liaison'],
    });
  });

  it('gets a token that no other access point takes', async () => {
    const { accessToken } = await logInOnce({ issuer, participant: RS }, 'rs.liaison', PASSWORD);
    await expect(claimsOf(accessToken, IQ)).rejects.toThrow('unexpected "aud" claim value');
  });

  it('keeps one token while it is good', async () => {
    const token = passwordLogin({ issuer, participant: RS }, 'rs.liaison', PASSWORD);
    const [first, second] = await Promise.all([token(), token()]);
    expect(second).toBe(first);
  });

  it.each([
    ['a wrong password', 'rs.liaison', 'incorrect horse'],
    ['an unknown login name', 'rs.nobody', PASSWORD],
    ['an empty password', 'rs.liaison', ''],
  ])('is refused with %s, without a word on which half was wrong', async (_what, username, password) => {
    await expect(logInOnce({ issuer, participant: RS }, username, password)).rejects.toMatchObject({
      code: 'ERR_OFFICER_UNAUTHENTICATED',
      message: 'Login name or password is wrong. Try again.',
    });
  });

  it('is refused a token for the access point of another participant', async () => {
    await expect(logInOnce({ issuer, participant: IQ }, 'rs.liaison', PASSWORD)).rejects.toMatchObject({
      message: 'The identity provider refused the log-in: this officer belongs to another participant.',
    });
  });

  it('is refused a token for an unknown resource', async () => {
    const answer = await authorize({ resource: 'urn:serai:participant:nowhere' });
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_target');
  });
});

describe('the authorization endpoint', () => {
  it('sends nobody to a foreign redirect address', async () => {
    for (const foreign of [
      'https://evil.example/callback',
      'http://127.0.0.1/elsewhere',
      'http://127.0.0.1.evil.example/callback',
    ]) {
      const answer = await authorize({ redirect_uri: foreign });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('location')).toBeNull();
      expect(await answer.text()).toContain('redirect_uri');
    }
  });

  it('comes back to any port of the loopback address', async () => {
    const answer = await authorize({ redirect_uri: 'http://127.0.0.1:45678/callback' });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toContain('/login/');
  });

  it.each([
    ['no PKCE challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['a plain PKCE challenge', { code_challenge_method: 'plain' }],
  ])('refuses %s', async (_what, changes) => {
    const answer = await authorize(changes);
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_request');
  });

  it('refuses an unknown client', async () => {
    expect((await authorize({ client_id: 'somebody' })).status).toBe(400);
  });
});

describe('an authorization code', () => {
  async function code(): Promise<{ code: string; verifierFits: (verifier: string) => Promise<Response> }> {
    const { createHash, randomBytes } = await import('node:crypto');
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const answer = await logInByHand(challenge);
    const granted = answer.searchParams.get('code') ?? '';
    return {
      code: granted,
      verifierFits: (given) =>
        fetch(new URL('/oidc/token', issuer), {
          method: 'POST',
          body: new URLSearchParams({
            grant_type: 'authorization_code',
            client_id: 'serai-cli',
            redirect_uri: 'http://127.0.0.1/callback',
            code: granted,
            code_verifier: given === 'right' ? verifier : given,
          }),
        }),
    };
  }

  /** Log-in page by hand; also what a browser does. */
  async function logInByHand(challenge: string): Promise<URL> {
    const first = await authorize({ code_challenge: challenge });
    const cookie = first.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const page = new URL(first.headers.get('location') ?? '', issuer);
    const shown = await fetch(page, { headers: { cookie } });
    expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await shown.text()).toContain('<label for="password">Password</label>');
    const form = { method: 'POST', body: new URLSearchParams({ username: 'rs.liaison', password: PASSWORD }) };
    const filled = await fetch(page, { ...form, redirect: 'manual', headers: { cookie } });
    const resumed = await fetch(new URL(filled.headers.get('location') ?? '', issuer), {
      redirect: 'manual',
      headers: { cookie },
    });
    return new URL(resumed.headers.get('location') ?? '');
  }

  it('is worth a token once, with the verifier that fits', async () => {
    const { verifierFits } = await code();
    expect((await verifierFits('right')).status).toBe(200);
    expect(await (await verifierFits('right')).json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('is worth nothing with a wrong verifier', async () => {
    const { verifierFits } = await code();
    const answer = await verifierFits('x'.repeat(43));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('is worth nothing after it expired', async () => {
    const { verifierFits } = await code();
    // The provider reads the clock of this process: nothing but time itself makes a code of one second expire.
    const granted = Date.now();
    while (Date.now() < granted + 2_100) await new Promise((resolve) => setImmediate(resolve));
    expect(await (await verifierFits('right')).json()).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('the login page', () => {
  it('belongs to the browser that began: without its cookie there is none', async () => {
    const answer = await authorize({});
    const page = new URL(answer.headers.get('location') ?? '', issuer);
    const stranger = await fetch(page);
    expect(stranger.status).toBe(400);
    expect(await stranger.text()).toContain('This login has ended or belongs to another window.');
  });

  it('shows what was typed as text', async () => {
    const answer = await authorize({});
    const cookie = answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const body = new URLSearchParams({ username: '"><script>x', password: 'y' });
    const page = await fetch(new URL(answer.headers.get('location') ?? '', issuer), {
      method: 'POST',
      body,
      headers: { cookie },
    });
    expect(page.status).toBe(401);
    const html = await page.text();
    expect(html).toContain('value="&quot;&gt;&lt;script&gt;x"');
    expect(html).not.toContain('<script>');
  });
});

describe('a national system', () => {
  const login = { participant: RS, clientId: 'rs-case-system', privateKey: system.private };

  it('logs in with its key', async () => {
    const token = await systemLogin({ issuer, ...login })();
    expect(await claimsOf(token, RS)).toMatchObject({
      serai_pseudonym: 'o-5y5tem01',
      serai_roles: ['NCC_DUTY_OFFICER'],
    });
  });

  it('is refused with another key', async () => {
    const refused = systemLogin({ issuer, ...login, privateKey: keyPair().private })();
    await expect(refused).rejects.toMatchObject({ code: 'ERR_OFFICER_UNAUTHENTICATED' });
  });

  it('is refused a token for another participant', async () => {
    const refused = systemLogin({ issuer, ...login, participant: IQ })();
    await expect(refused).rejects.toMatchObject({ code: 'ERR_OFFICER_UNAUTHENTICATED' });
  });
});

it('says how it is', async () => {
  expect((await fetch(new URL('/healthz', issuer))).status).toBe(200);
  expect((await fetch(new URL('/readyz', issuer))).status).toBe(200);
});
