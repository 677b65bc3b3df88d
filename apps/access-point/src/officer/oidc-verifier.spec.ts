import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { OidcVerifier } from './oidc-verifier.js';

const participant = 'urn:serai:participant:iq';
let jwk: JWK;
let privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
/** What the provider does; each test sets its own. */
let behave: (response: http.ServerResponse, path: string) => void;
const provider = http.createServer((request, response) => behave(response, request.url ?? ''));
const issuer = () => `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;

function honest(response: http.ServerResponse, path: string): void {
  const metadata = { issuer: issuer(), jwks_uri: `${issuer()}/jwks` };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(path === '/jwks' ? { keys: [jwk] } : metadata));
}

beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  privateKey = pair.privateKey;
  jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'ES256' };
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  behave = honest;
});
afterAll(async () => {
  provider.closeAllConnections();
  await new Promise((resolve) => provider.close(resolve));
});

const verifier = () => new OidcVerifier({ issuer: issuer(), audience: participant, participant, realm: 'production' });
const token = (claims: object = {}) =>
  new SignJWT({
    ...claims,
    serai_participant: participant,
    serai_pseudonym: 'o-3f9a1c2e',
    serai_roles: ['NCC_DUTY_OFFICER', 'NCC_DUTY_OFFICER'],
    serai_desks: ['urn:serai:desk:iq:ncc'],
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'k', typ: 'at+jwt' })
    .setIssuer(issuer())
    .setAudience(participant)
    .setSubject('iq.national-system')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey);

describe(OidcVerifier.name, () => {
  it('takes a national system for an officer that goes by its client id', async () => {
    expect(await verifier().verify(await token())).toEqual({
      subject: 'iq.national-system',
      name: 'iq.national-system',
      pseudonym: 'o-3f9a1c2e',
      roles: ['NCC_DUTY_OFFICER'],
      desks: ['urn:serai:desk:iq:ncc'],
      until: expect.any(Date),
    });
  });

  it.each([
    ['production', undefined, true],
    ['production', 'production', true],
    ['production', 'training', false],
    ['training', 'training', true],
    ['training', 'production', false],
    ['training', undefined, false],
    ['training', 'TRAINING', false],
  ] as const)('in %s takes a token of %s: %s', async (realm, serai_realm, isTaken) => {
    const subject = new OidcVerifier({ issuer: issuer(), audience: participant, participant, realm });
    const verified = subject.verify(await token(serai_realm === undefined ? {} : { serai_realm }));
    if (isTaken) await expect(verified).resolves.toMatchObject({ subject: 'iq.national-system' });
    else await expect(verified).rejects.toMatchObject({ code: 'ERR_OFFICER_UNAUTHENTICATED' });
  });

  const unavailable = expect.objectContaining({ code: 'ERR_UPSTREAM_UNAVAILABLE' });

  it.each<[string, typeof behave]>([
    ['hangs up', (response) => response.destroy()],
    ['answers with an error', (response) => response.writeHead(500).end()],
    ['answers nonsense', (response) => response.writeHead(200).end('<html>')],
    [
      'says that it is somebody else',
      (response) =>
        response.writeHead(200).end(JSON.stringify({ issuer: 'https://evil.example', jwks_uri: `${issuer()}/jwks` })),
    ],
    [
      'has no keys to show',
      (response, path) => (path === '/jwks' ? response.writeHead(503).end() : honest(response, path)),
    ],
    [
      'shows keys that are none',
      (response, path) => (path === '/jwks' ? response.writeHead(200).end('{"keys":1}') : honest(response, path)),
    ],
  ])('blames nobody when the provider %s, and asks again the next time', async (_, mischief) => {
    const subject = verifier();
    behave = mischief;
    await expect(subject.verify(await token())).rejects.toEqual(unavailable);
    behave = honest;
    expect(await subject.verify(await token())).toMatchObject({ subject: 'iq.national-system' });
  });

  it('refuses a token that names a key which the provider does not have', async () => {
    const [header, payload, signature] = (await token()).split('.');
    const other = Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'other', typ: 'at+jwt' })).toString('base64url');
    expect(header).not.toBe(other);
    await expect(verifier().verify([other, payload, signature].join('.'))).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_OFFICER_UNAUTHENTICATED' }),
    );
  });

  it('believes a good token for half a minute, and never beyond its end', async () => {
    const one = verifier();
    const good = await token();
    const other = await token({ jti: 'other' });
    const officer = await one.verify(good);
    behave = (response) => response.destroy();
    expect(await one.verify(good)).toBe(officer);
    await expect(one.verify(`${good.slice(0, -4)}AAAA`)).rejects.toMatchObject({ code: 'ERR_OFFICER_UNAUTHENTICATED' });
    jest.useFakeTimers({ now: Date.now() + 31_000, doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] });
    try {
      const again = await one.verify(good);
      expect(again).toEqual(officer);
      expect(again).not.toBe(officer);
      jest.setSystemTime(Date.now() + 6 * 60_000);
      for (const ended of [good, other]) {
        await expect(one.verify(ended)).rejects.toMatchObject({ code: 'ERR_OFFICER_UNAUTHENTICATED' });
      }
    } finally {
      jest.useRealTimers();
    }
  });
});
