import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { v7 } from 'uuid';
import { z } from 'zod';
import { participantUrnOf, type SignedDirectoryChange, serviceUrnOf } from '#libs/contracts';
import { createKeystore, type Keystore } from '#libs/envelope';
import { SIGNATURE_TYPE, type VerifierKey, verifierKeyOf } from '#libs/transparency-log';
import { logPolicyText, signDirectoryChange } from '#libs/trust';
import { LocalError } from '../local-error.js';
import { makeAccounts, newPseudonym } from './accounts.js';
import {
  CHAIRS,
  CHAIRS_NEEDED,
  LOG_ORIGIN,
  LOG_SIGNER,
  SERVICES,
  type SeededParticipant,
  witnessOf,
} from './community.js';
import { type FoundingChange, foundingChanges } from './founding-changes.js';

const secretsFile = z.object({
  demoPassword: z.string(),
  /** By file name of the keystore. */
  passphrases: z.record(z.string(), z.string()),
  /** By role name. */
  databasePasswords: z.record(z.string(), z.string()),
  nationalSystems: z.array(z.object({ clientId: z.string(), participant: z.string(), privateKey: z.string() })),
});

/** What a founded community has on disk. */
export interface Founding {
  readonly rootKeys: string;
  readonly genesis: string;
  readonly accounts: string;
  readonly demoPassword: string;
  readonly nationalSystems: readonly { clientId: string; participant: string; privateKey: string }[];
  /** @throws LocalError ERR_LOCAL_DATA_STALE when the community was founded before there was such a holder */
  keystore(name: string): { readonly path: string; readonly passphrase: string };
  /** Folder of the log's checkpoint and tiles. */
  readonly logFolder: string;
  /** Folder of the log's signer: its socket and what it signed last. */
  readonly signerFolder: string;
  /** Folder in which an instance keeps attachments. */
  attachments(instance: string): string;
  /** Password of a database role; made when it is asked for the first time. */
  databasePassword(role: string): string;
}

const newSecret = (): string => randomBytes(24).toString('base64url');
/** A password that people can type: five groups of letters and digits that look unlike each other. */
const newDemoPassword = (): string =>
  [...randomBytes(10)]
    .map((byte) => 'abcdefghjkmnpqrstuvwxyz23456789'[byte % 31])
    .join('')
    .replace(/(.{5})(?=.)/g, '$1-');

/**
 * The founding ceremony, played by one program: the chairs' root keys, everybody's keystore, the signed first changes of the directory
 * and the officers' accounts. Done once per folder; later calls read what is there.
 */
export async function foundCommunity(dir: string, participants: readonly SeededParticipant[]): Promise<Founding> {
  const keys = path.join(dir, 'keys');
  const secrets = path.join(dir, 'secrets.json');
  if (!fs.existsSync(secrets)) {
    // An interrupted ceremony left keys that nothing refers to.
    fs.rmSync(keys, { recursive: true, force: true });
    fs.mkdirSync(keys, { recursive: true, mode: 0o700 });
    writePrivate(secrets, await holdCeremony(keys, participants));
  }
  return openFounding(keys, secrets);
}

function openFounding(keys: string, file: string): Founding {
  const secrets = secretsFile.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
  return {
    rootKeys: path.join(keys, 'root-keys.json'),
    genesis: path.join(keys, 'genesis.json'),
    accounts: path.join(keys, 'accounts.json'),
    demoPassword: secrets.demoPassword,
    nationalSystems: secrets.nationalSystems,
    keystore: (name) => {
      const passphrase = secrets.passphrases[name];
      if (passphrase !== undefined) return { path: keystoreFile(keys, name), passphrase };
      throw new LocalError(
        'ERR_LOCAL_DATA_STALE',
        `The community in ${keys} was founded without keys of ${name}: forget its data with "npm run reset".`,
      );
    },
    logFolder: path.join(path.dirname(file), 'log'),
    signerFolder: path.join(path.dirname(file), LOG_SIGNER),
    attachments: (instance) => path.join(path.dirname(file), 'attachments', instance),
    databasePassword: (role) => {
      const known = secrets.databasePasswords[role];
      if (known) return known;
      const made = newSecret();
      secrets.databasePasswords[role] = made;
      writePrivate(file, secrets);
      return made;
    },
  };
}

const keystoreFile = (keys: string, name: string): string => path.join(keys, `${name}.keystore`);

async function holdCeremony(
  keys: string,
  participants: readonly SeededParticipant[],
): Promise<z.infer<typeof secretsFile>> {
  const ids = participants.map(({ id }) => id);
  const holders = [...CHAIRS, ...SERVICES, LOG_SIGNER, ...ids, ...ids.map(witnessOf)];
  const passphrases = Object.fromEntries(holders.map((name) => [name, newSecret()]));
  const made = await Promise.all(
    holders.map(
      async (name) => [name, await createKeystore(keystoreFile(keys, name), passphrases[name] ?? '')] as const,
    ),
  );
  const keystores = new Map(made);
  const pseudonyms = new Map(
    participants.flatMap(({ officers }) => officers.map(({ login }) => [login, newPseudonym()])),
  );
  const demoPassword = newDemoPassword();
  const { accounts, systems } = await makeAccounts(participants, pseudonyms, demoPassword);
  writePrivate(path.join(keys, 'root-keys.json'), rootKeysOf(keystores));
  writePrivate(path.join(keys, 'genesis.json'), await signGenesis(participants, keystores, pseudonyms));
  writePrivate(path.join(keys, 'accounts.json'), accounts);
  const nationalSystems = systems.map(({ clientId, participant, privateKey }) => {
    const file = path.join(keys, `${clientId}.jwk.json`);
    writePrivate(file, privateKey);
    return { clientId, participant, privateKey: file };
  });
  return { demoPassword, passphrases, databasePasswords: {}, nationalSystems };
}

type Keystores = ReadonlyMap<string, Keystore>;

function keystoreOf(keystores: Keystores, name: string): Keystore {
  const keystore = keystores.get(name);
  if (!keystore) throw new Error(`no keystore was made for ${name}`);
  return keystore;
}

function rootKeysOf(keystores: Keystores): unknown {
  const signing = CHAIRS.map(
    (chair) =>
      keystoreOf(keystores, chair)
        .publicKeys()
        .find(({ use }) => use === 'sig')?.jwk,
  );
  return { threshold: CHAIRS_NEEDED, keys: signing };
}

async function signGenesis(
  participants: readonly SeededParticipant[],
  keystores: Keystores,
  pseudonyms: ReadonlyMap<string, string>,
): Promise<SignedDirectoryChange[]> {
  const owners = [
    ...SERVICES.map((name) => [serviceUrnOf(name), name] as const),
    ...participants.map(({ id }) => [participantUrnOf(id), id] as const),
  ];
  const keys = new Map(owners.map(([urn, name]) => [urn, keystoreOf(keystores, name).publicKeys()]));
  const logPolicy = logPolicyOf(participants, keystores);
  const changes = foundingChanges({ participants, keys, logPolicy, pseudonyms, now: new Date(), newId: () => v7() });
  const signersOf = ({ signedBy }: FoundingChange) =>
    (signedBy === 'root' ? CHAIRS.slice(0, CHAIRS_NEEDED) : signedBy).map((name) =>
      keystoreOf(keystores, name).signer(),
    );
  return Promise.all(changes.map((founding) => signDirectoryChange(founding.change, signersOf(founding))));
}

/** Every participant is a witness; `rs` of the policy signs with a key of the name `rs.witness`. */
function logPolicyOf(participants: readonly SeededParticipant[], keystores: Keystores): string {
  const noteKey = (holder: string, name: string, type: number): VerifierKey => {
    const signing = keystoreOf(keystores, holder)
      .publicKeys()
      .find(({ use }) => use === 'sig');
    return verifierKeyOf(name, type, Buffer.from(signing?.jwk.x ?? '', 'base64url'));
  };
  const witnesses = participants.map(({ id }) => {
    const name = witnessOf(id);
    return [id, noteKey(name, name, SIGNATURE_TYPE.COSIGNATURE_V1)] as const;
  });
  const log = noteKey(LOG_SIGNER, LOG_ORIGIN, SIGNATURE_TYPE.ED25519);
  return logPolicyText({ log, witnesses: new Map(witnesses) });
}

/** Replaces a file in one step; only its owner may read it. */
function writePrivate(file: string, value: unknown): void {
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}
