import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { authorize, cookiesOf, PASSWORD, type RunningProvider, startProvider } from './identity-provider.fixture.js';

let running: RunningProvider;
let issuer: string;
beforeAll(async () => {
  running = await startProvider();
  issuer = running.issuer;
});
afterAll(() => running.app.close());

describe('the authorization endpoint', () => {
  it('sends nobody to a foreign redirect address', async () => {
    for (const foreign of [
      'https://evil.example/callback',
      'http://127.0.0.1/elsewhere',
      'http://127.0.0.1.evil.example/callback',
    ]) {
      const answer = await authorize(issuer, { redirect_uri: foreign });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('location')).toBeNull();
      expect(await answer.text()).toContain('redirect_uri');
    }
  });

  it('comes back to any port of the loopback address', async () => {
    const answer = await authorize(issuer, { redirect_uri: 'http://127.0.0.1:45678/callback' });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toContain('/login/');
  });

  it.each([
    ['no PKCE challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['a plain PKCE challenge', { code_challenge_method: 'plain' }],
  ])('refuses %s', async (_what, changes) => {
    const answer = await authorize(issuer, changes);
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_request');
  });

  it('refuses an unknown client', async () => {
    expect((await authorize(issuer, { client_id: 'somebody' })).status).toBe(400);
  });
});

describe('an authorization code', () => {
  async function code(at = issuer): Promise<{ code: string; verifierFits: (verifier: string) => Promise<Response> }> {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const answer = await logInByHand(at, challenge);
    const granted = answer.searchParams.get('code') ?? '';
    return {
      code: granted,
      verifierFits: (given) =>
        fetch(new URL('/oidc/token', at), {
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
  async function logInByHand(at: string, challenge: string): Promise<URL> {
    const first = await authorize(at, { code_challenge: challenge });
    const cookie = cookiesOf(first);
    const page = new URL(first.headers.get('location') ?? '', at);
    const shown = await fetch(page, { headers: { cookie } });
    expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await shown.text()).toContain('<label for="password">Password</label>');
    const form = { method: 'POST', body: new URLSearchParams({ username: 'rs.liaison', password: PASSWORD }) };
    const filled = await fetch(page, { ...form, redirect: 'manual', headers: { cookie } });
    const resumed = await fetch(new URL(filled.headers.get('location') ?? '', at), {
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
    const hasty = await startProvider({ authorizationCode: 1 });
    try {
      const { verifierFits } = await code(hasty.issuer);
      // The provider reads the clock of this process: nothing but time itself makes a code of one second expire.
      await pause(2_100);
      expect(await (await verifierFits('right')).json()).toMatchObject({ error: 'invalid_grant' });
    } finally {
      await hasty.app.close();
    }
  });
});

describe('the login page', () => {
  it('belongs to the browser that began: without its cookie there is none', async () => {
    const answer = await authorize(issuer, {});
    const page = new URL(answer.headers.get('location') ?? '', issuer);
    const stranger = await fetch(page);
    expect(stranger.status).toBe(400);
    expect(await stranger.text()).toContain('This login has ended or belongs to another window.');
  });

  it('shows what was typed as text', async () => {
    const answer = await authorize(issuer, {});
    const cookie = cookiesOf(answer);
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
