import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { JWK } from 'jose';
import { startCodeFlow } from '#libs/client';
import { createApp } from '#libs/telemetry';
import type { AccountsFile } from './accounts/accounts-file.js';
import { hashPassword } from './accounts/password.js';
import { IdentityProviderModule } from './identity-provider.module.js';
import { DEFAULT_LIFETIMES, type Lifetimes } from './provider/create-provider.js';

export const RS = 'urn:serai:participant:rs';
export const IQ = 'urn:serai:participant:iq';
export const PASSWORD = 'correct horse';

export const keyPair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { private: privateKey.export({ format: 'jwk' }) as JWK, public: publicKey.export({ format: 'jwk' }) as JWK };
};
const signing = keyPair();
/** Keys of the national system `rs-case-system`. */
export const system = keyPair();

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

/** A running identity provider with an officer of Serbia, one of Iraq and a national system of Serbia. */
export interface RunningProvider {
  readonly app: NestFastifyApplication;
  readonly issuer: string;
}

export async function startProvider(lifetimes: Partial<Lifetimes> = {}): Promise<RunningProvider> {
  globalThis.structuredClone = ((value: unknown) => asPlain(nativeClone(value))) as typeof structuredClone;
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const options = { issuer, accounts: await accounts(), lifetimes: { ...DEFAULT_LIFETIMES, ...lifetimes } };
  const module = IdentityProviderModule.forRoot({ ...options, logLevel: 'fatal' });
  return { app: await createApp({ name: 'identity-provider', module, host: '127.0.0.1', port }), issuer };
}

/** The authorization endpoint's answer to a request with some things changed. */
export async function authorize(issuer: string, changes: Record<string, string | undefined>): Promise<Response> {
  const { url } = await startCodeFlow({ issuer, participant: RS }, 'http://127.0.0.1/callback');
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return fetch(url, { redirect: 'manual' });
}

export const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
