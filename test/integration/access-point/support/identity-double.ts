import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { OfficerRole } from '#libs/contracts';

/** Claims of a token that a test wants. */
export interface TokenWish {
  readonly sub: string;
  readonly participant: string;
  readonly roles: readonly OfficerRole[];
  readonly desks: readonly string[];
  readonly pseudonym: string;
}

/** An OpenID provider that says where its keys are and signs whatever token a test wants. */
export class IdentityDouble {
  private key!: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  private jwk!: JWK;
  down = false;
  private readonly server = http.createServer((request, response) => {
    if (this.down) return void request.socket.destroy();
    const body =
      request.url === '/.well-known/openid-configuration'
        ? { issuer: this.issuer, jwks_uri: `${this.issuer}/jwks` }
        : { keys: [this.jwk] };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });

  get issuer(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    await this.rotate();
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** Takes a new signing key. */
  async rotate(): Promise<void> {
    const pair = await generateKeyPair('ES256', { extractable: true });
    this.key = pair.privateKey;
    this.jwk = { ...(await exportJWK(pair.publicKey)), kid: `k${Date.now()}`, alg: 'ES256', use: 'sig' };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** @param overrides claims and header members that differ from a good token's */
  async token(
    { sub, participant, roles, desks, pseudonym }: TokenWish,
    overrides: {
      claims?: object;
      header?: object;
      key?: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
    } = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      iss: this.issuer,
      aud: participant,
      sub,
      iat: now,
      exp: now + 600,
      name: `Officer ${sub}`,
      serai_participant: participant,
      serai_pseudonym: pseudonym,
      serai_roles: roles,
      serai_desks: desks,
      ...overrides.claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid: this.jwk.kid ?? '', typ: 'at+jwt', ...overrides.header })
      .sign(overrides.key ?? this.key);
  }
}
