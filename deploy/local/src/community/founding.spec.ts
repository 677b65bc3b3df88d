import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { participantUrnOf, type RequestKind, serviceUrnOf } from '#libs/contracts';
import { openKeystore } from '#libs/envelope';
import { Directory, parseRootKeys } from '#libs/trust';
import { CHAIRS, LOG_ORIGIN, LOG_SIGNER, PARTICIPANTS, SERVICES, witnessOf } from './community.js';
import { type Founding, foundCommunity } from './founding.js';

const readJson = (file: string) => JSON.parse(fs.readFileSync(file, 'utf8'));

async function foldGenesis(founding: Founding): Promise<Directory> {
  let directory = Directory.empty('production', parseRootKeys(fs.readFileSync(founding.rootKeys, 'utf8')));
  for (const change of readJson(founding.genesis)) directory = await directory.apply(change);
  return directory;
}

describe(foundCommunity.name, () => {
  let dir: string;
  let founding: Founding;
  let directory: Directory;

  beforeAll(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'founding-'));
    founding = await foundCommunity(dir, PARTICIPANTS);
    directory = await foldGenesis(founding);
  }, 60_000);
  afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

  const covers = (from: string, to: string, kind: RequestKind): boolean =>
    directory.agreementFor({ from: participantUrnOf(from), to: participantUrnOf(to), kind, at: new Date() }) !==
    undefined;

  it('signs a genesis that verifies against the pinned root keys', () => {
    expect(directory.participants(new Date()).map(({ id }) => id)).toEqual(
      PARTICIPANTS.map(({ id }) => participantUrnOf(id)),
    );
    expect(directory.services(new Date()).map(({ id }) => id)).toEqual(SERVICES.map(serviceUrnOf));
    expect(directory.postings(new Date())).toHaveLength(4);
  });

  it('registers a signing key of everybody and an encryption key of every participant', () => {
    for (const urn of [...PARTICIPANTS.map(({ id }) => participantUrnOf(id)), ...SERVICES.map(serviceUrnOf)]) {
      expect(directory.signingKeysOf(urn, new Date())).toHaveLength(1);
    }
    for (const { id } of PARTICIPANTS) {
      expect(directory.encryptionKeysOf(participantUrnOf(id), new Date())).toHaveLength(1);
    }
  });

  it('needs two chairs: one alone changes nothing', async () => {
    const [admission] = readJson(founding.genesis);
    const alone = { ...admission, signatures: admission.signatures.slice(0, 1) };
    const roots = parseRootKeys(fs.readFileSync(founding.rootKeys, 'utf8'));
    expect(roots).toMatchObject({ threshold: 2 });
    expect(roots.keys).toHaveLength(CHAIRS.length);
    await expect(Directory.empty('production', roots).apply(alone)).rejects.toMatchObject({
      code: 'ERR_TRUST_THRESHOLD',
    });
  });

  it.each([
    ['rs', 'iq', 'IDENTITY', true],
    ['rs', 'tr', 'VEHICLE_VESSEL', true],
    ['bg', 'rs', 'CRIMINAL_RECORD_POLICE_USE', true],
    ['rs', 'bg', 'CRIMINAL_RECORD_POLICE_USE', false],
    ['rs', 'bg', 'IDENTITY', true],
    ['iq', 'bg', 'IDENTITY', false],
    ['bg', 'iq', 'IDENTITY', false],
    ['rs', 'secretariat', 'IDENTITY', false],
  ] as const)('agreement of %s to ask %s for %s: %s', (from, to, kind, expected) => {
    expect(covers(from, to, kind)).toBe(expected);
  });

  it('gives every officer an account with an existing desk', () => {
    const { officers, systems } = readJson(founding.accounts);
    expect(officers).toHaveLength(PARTICIPANTS.flatMap((participant) => participant.officers).length);
    expect(systems).toHaveLength(1);
    for (const { desks, pseudonym } of [...officers, ...systems]) {
      expect(pseudonym).toMatch(/^o-[0-9a-f]{16}$/);
      for (const desk of desks) expect(directory.deskAt(desk, new Date())).toBeDefined();
    }
  });

  it('keeps every file from other users and no password in clear among the accounts', () => {
    for (const name of fs.readdirSync(path.join(dir, 'keys'))) {
      expect(fs.statSync(path.join(dir, 'keys', name)).mode & 0o077).toBe(0);
    }
    expect(fs.statSync(path.join(dir, 'secrets.json')).mode & 0o077).toBe(0);
    expect(fs.readFileSync(founding.accounts, 'utf8')).not.toContain(founding.demoPassword);
  });

  it('opens each keystore with its own passphrase only', async () => {
    const rs = founding.keystore('rs');
    const opened = await openKeystore(rs.path, rs.passphrase);
    expect(directory.registeredKey(opened.signer().kid)?.owner).toBe(participantUrnOf('rs'));
    await expect(openKeystore(rs.path, founding.keystore('iq').passphrase)).rejects.toMatchObject({
      code: 'ERR_KEYSTORE_UNREADABLE',
    });
  });

  it('sets a log policy: four of the five participants must have seen what the log signed', async () => {
    const policy = directory.logPolicyAt(new Date())?.policy;
    const keyOf = async (holder: string) => {
      const { path: file, passphrase } = founding.keystore(holder);
      const keystore = await openKeystore(file, passphrase);
      const { kid } = keystore.signer();
      expect(directory.registeredKey(kid)).toBeUndefined();
      return keystore.publicKeys().find((key) => key.kid === kid)?.jwk.x;
    };
    expect(policy?.logs.map(({ key }) => [key.name, key.material.toString('base64url')])).toEqual([
      [LOG_ORIGIN, await keyOf(LOG_SIGNER)],
    ]);
    expect(policy?.groups).toMatchObject([{ threshold: 4, members: PARTICIPANTS.map(({ id }) => id) }]);
    for (const { name, key } of policy?.witnesses ?? []) {
      expect([key.name, key.material.toString('base64url')]).toEqual([witnessOf(name), await keyOf(witnessOf(name))]);
    }
  });

  it('says what to do about a community that was founded without somebody', () => {
    expect(() => founding.keystore('nobody')).toThrow('npm run reset');
  });

  it('is held once: a second call finds the same community', async () => {
    const password = founding.databasePassword('serai_gateway');
    const again = await foundCommunity(dir, PARTICIPANTS);
    expect(again.demoPassword).toBe(founding.demoPassword);
    expect(again.keystore('rs')).toEqual(founding.keystore('rs'));
    expect(again.databasePassword('serai_gateway')).toBe(password);
  });

  it('begins anew after an interrupted ceremony', async () => {
    const interrupted = fs.mkdtempSync(path.join(os.tmpdir(), 'founding-'));
    fs.mkdirSync(path.join(interrupted, 'keys'));
    fs.writeFileSync(path.join(interrupted, 'keys/rs.keystore'), 'half');
    const { keystore } = await foundCommunity(interrupted, PARTICIPANTS.slice(0, 1));
    await expect(openKeystore(keystore('rs').path, keystore('rs').passphrase)).resolves.toBeDefined();
    fs.rmSync(interrupted, { recursive: true });
  });
});
