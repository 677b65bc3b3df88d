import { createRemoteJWKSet, jwtVerify } from 'jose';
import { continuedLogin, logInOnce, passwordLogin, systemLogin } from '#libs/client';
import {
  authorize,
  IQ,
  keyPair,
  PASSWORD,
  RS,
  type RunningProvider,
  startProvider,
  system,
} from './identity-provider.fixture.js';

let running: RunningProvider;
let issuer: string;
beforeAll(async () => {
  running = await startProvider();
  issuer = running.issuer;
});
afterAll(() => running.app.close());

const claimsOf = async (token: string, audience: string) =>
  (await jwtVerify(token, createRemoteJWKSet(new URL('/oidc/jwks', issuer)), { issuer, audience })).payload;

describe('an officer', () => {
  it('logs in and gets a token for the own access point that says who they are', async () => {
    const { accessToken, refreshToken } = await logInOnce({ issuer, participant: RS }, 'rs.liaison', PASSWORD);
    expect(refreshToken).toBeDefined();
    expect(await claimsOf(accessToken, RS)).toMatchObject({
      sub: 'o-3f9a1c2e',
      name: 'Milica Primerović',
      scope: 'serai',
      serai_participant: RS,
      serai_realm: 'production',
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

  it('goes on by refresh token, and each is good once', async () => {
    const target = { issuer, participant: RS };
    const first = await logInOnce(target, 'rs.liaison', PASSWORD);
    const kept: string[] = [];
    const expired = { ...first, expiresAt: 0 };
    const token = continuedLogin(target, expired, ({ refreshToken = '' }) => kept.push(refreshToken));
    expect(await claimsOf(await token(), RS)).toMatchObject({ sub: 'o-3f9a1c2e' });
    expect(kept).toEqual([expect.not.stringMatching(first.refreshToken ?? '')]);
    await expect(continuedLogin(target, expired, () => undefined)()).rejects.toMatchObject({
      code: 'ERR_OFFICER_UNAUTHENTICATED',
    });
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
    const answer = await authorize(issuer, { resource: 'urn:serai:participant:nowhere' });
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_target');
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
