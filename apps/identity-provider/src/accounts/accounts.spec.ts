import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SeraiError } from '#libs/errors';
import { Accounts, readAccounts } from './accounts.js';
import { type AccountsFile, accountsFile } from './accounts-file.js';
import { hashPassword, isPasswordHash, verifyPassword } from './password.js';

async function aFile(): Promise<AccountsFile> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    signingKey: privateKey.export({ format: 'jwk' }) as unknown as AccountsFile['signingKey'],
    officers: [
      {
        username: 'rs.liaison',
        passwordHash: await hashPassword('correct horse'),
        name: 'Milica Primerović',
        participant: 'urn:serai:participant:rs',
        pseudonym: 'o-3f9a1c2e',
        roles: ['LIAISON_OFFICER'],
        desks: ['urn:serai:desk:rs:liaison'],
      },
    ],
    systems: [],
  };
}

describe('passwords', () => {
  it('verify against their own hash only', async () => {
    const hash = await hashPassword('Шифра 1');
    expect(isPasswordHash(hash)).toBe(true);
    await expect(verifyPassword('Шифра 1', hash)).resolves.toBe(true);
    await expect(verifyPassword('Шифра 2', hash)).resolves.toBe(false);
    await expect(verifyPassword('', hash)).resolves.toBe(false);
  });

  it('have another hash each time', async () => {
    expect(await hashPassword('same')).not.toBe(await hashPassword('same'));
  });

  it.each([
    ['plain text', 'correct horse'],
    ['another algorithm', 'argon2$14$8$1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['too little work', 'scrypt$09$8$1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['work without end', 'scrypt$30$8$1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  ])('a hash must not be %s', (_what, text) => {
    expect(isPasswordHash(text)).toBe(false);
  });
});

describe(Accounts.name, () => {
  it('authenticates an officer, and nobody with a wrong name or password', async () => {
    const accounts = new Accounts(await aFile());
    expect((await accounts.authenticate('rs.liaison', 'correct horse'))?.pseudonym).toBe('o-3f9a1c2e');
    expect(await accounts.authenticate('rs.liaison', 'wrong')).toBeUndefined();
    expect(await accounts.authenticate('rs.nobody', 'nobody')).toBeUndefined();
  });

  it('knows the participants of its officers and systems, and no other', async () => {
    const accounts = new Accounts(await aFile());
    expect(accounts.knowsParticipant('urn:serai:participant:rs')).toBe(true);
    expect(accounts.knowsParticipant('urn:serai:participant:iq')).toBe(false);
  });
});

describe('the accounts file', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'serai-accounts-'));
  const file = path.join(folder, 'accounts.json');
  afterAll(() => rmSync(folder, { recursive: true }));

  const refusal = (): string => {
    try {
      readAccounts(file);
    } catch (error) {
      if (error instanceof SeraiError && error.code === 'ERR_CONFIG_INVALID') return error.message;
    }
    throw new Error('was not refused');
  };

  it('is read when it is right', async () => {
    const right = await aFile();
    writeFileSync(file, JSON.stringify(right));
    expect(readAccounts(file).officers).toEqual(right.officers);
  });

  it('is refused with a sentence when it is missing or not JSON', () => {
    rmSync(file, { force: true });
    expect(refusal()).toContain('not a readable JSON file');
    writeFileSync(file, '{');
    expect(refusal()).toContain('not a readable JSON file');
  });

  it('is refused when a password is not hashed, and the sentence does not quote it', async () => {
    const right = await aFile();
    writeFileSync(file, JSON.stringify({ ...right, officers: [{ ...right.officers[0], passwordHash: 'hunter2' }] }));
    expect(refusal()).toContain('officers.0.passwordHash must be a scrypt hash');
    expect(refusal()).not.toContain('hunter2');
  });

  it('may not have a login name twice', async () => {
    const right = await aFile();
    const twice = accountsFile.safeParse({ ...right, officers: [right.officers[0], right.officers[0]] });
    expect(twice.error?.issues.map(({ message }) => message)).toContain('has a login name twice');
  });
});
