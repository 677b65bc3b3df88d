import { generateKeyPairSync, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { participantUrnOf } from '#libs/contracts';
import type { SeededParticipant } from './community.js';
import { deskUrnOf } from './founding-changes.js';

type Jwk = Readonly<Record<string, unknown>>;

interface Holder {
  readonly name: string;
  readonly participant: string;
  readonly pseudonym: string;
  readonly roles: readonly string[];
  readonly desks: readonly string[];
}

/** The accounts file of the development identity provider. */
export interface AccountsFile {
  readonly signingKey: Jwk;
  readonly officers: readonly (Holder & { readonly username: string; readonly passwordHash: string })[];
  readonly systems: readonly (Holder & { readonly clientId: string; readonly publicKey: Jwk })[];
}

/** A national system's client at the identity provider. */
export interface NationalSystem {
  readonly clientId: string;
  readonly participant: string;
  readonly privateKey: Jwk;
}

/** `o-` and 16 random hexadecimal digits: what the world outside the agency sees of an officer. */
export const newPseudonym = (): string => `o-${randomBytes(8).toString('hex')}`;

/** Accounts of every seeded officer, all with the same demo password, and of the national systems. */
export async function makeAccounts(
  participants: readonly SeededParticipant[],
  pseudonyms: ReadonlyMap<string, string>,
  password: string,
): Promise<{ accounts: AccountsFile; systems: NationalSystem[] }> {
  const passwordHash = await hashPassword(password);
  const officers = participants.flatMap(({ id, officers: seeded }) =>
    seeded.map(({ login, name, roles, desks }) => ({
      name,
      participant: participantUrnOf(id),
      pseudonym: pseudonyms.get(login) ?? newPseudonym(),
      roles,
      desks: desks.map((desk) => deskUrnOf(id, desk)),
      username: login,
      passwordHash,
    })),
  );
  const made = participants.filter(({ nationalSystem }) => nationalSystem).map(({ id }) => makeSystem(id));
  return {
    accounts: { signingKey: newKeyPair().privateKey, officers, systems: made.map(({ account }) => account) },
    systems: made.map(({ system }) => system),
  };
}

function makeSystem(id: string): { account: AccountsFile['systems'][number]; system: NationalSystem } {
  const { privateKey, publicKey } = newKeyPair();
  const clientId = `${id}.national-system`;
  const participant = participantUrnOf(id);
  const account = {
    name: `National system of ${id.toUpperCase()} (synthetic)`,
    participant,
    pseudonym: newPseudonym(),
    roles: ['NCC_DUTY_OFFICER'],
    desks: [deskUrnOf(id, 'ncc')],
    clientId,
    publicKey,
  };
  return { account, system: { clientId, participant, privateKey } };
}

function newKeyPair(): { privateKey: Jwk; publicKey: Jwk } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privateKey: { ...privateKey.export({ format: 'jwk' }) },
    publicKey: { ...publicKey.export({ format: 'jwk' }) },
  };
}

/** The identity provider's form of a password hash: `scrypt$<log2 N>$<r>$<p>$<salt>$<hash>`. */
async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);
  const hash = await derive(password.normalize('NFKC'), salt, 32, { N: 2 ** 14, r: 8, p: 1 });
  return `scrypt$14$8$1$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}
