import { readFileSync } from 'node:fs';
import { SeraiError } from '#libs/errors';
import { type AccountsFile, accountsFile, type Holder, type Officer, type System } from './accounts-file.js';
import { hashPassword, verifyPassword } from './password.js';

/** Reads the accounts file; throws ERR_CONFIG_INVALID in a sentence that names the file and the wrong members, never a value. */
export function readAccounts(path: string): AccountsFile {
  const wrong = (what: string, cause?: unknown): SeraiError =>
    new SeraiError('ERR_CONFIG_INVALID', `SERAI_IDENTITY_PROVIDER_ACCOUNTS names ${path}, ${what}.`, { cause });
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw wrong('which is not a readable JSON file', error);
  }
  const parsed = accountsFile.safeParse(json);
  if (parsed.success) return parsed.data;
  throw wrong(`where ${parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`);
}

/** Who may log in. Officers are found by their pseudonym, which is the `sub` of their tokens. */
export class Accounts {
  readonly systems: readonly System[];
  private readonly byUsername: ReadonlyMap<string, Officer>;
  private readonly bySubject: ReadonlyMap<string, Officer>;
  private readonly byClientId: ReadonlyMap<string, System>;
  /** Compared against when the login name is unknown, so that the time does not tell. */
  private readonly nobody = hashPassword('nobody');

  constructor(file: AccountsFile) {
    this.systems = file.systems;
    this.byUsername = new Map(file.officers.map((officer) => [officer.username, officer]));
    this.bySubject = new Map(file.officers.map((officer) => [officer.pseudonym, officer]));
    this.byClientId = new Map(file.systems.map((system) => [system.clientId, system]));
  }

  async authenticate(username: string, password: string): Promise<Officer | undefined> {
    const officer = this.byUsername.get(username);
    const matches = await verifyPassword(password, officer?.passwordHash ?? (await this.nobody));
    return matches ? officer : undefined;
  }

  officer(subject: string): Officer | undefined {
    return this.bySubject.get(subject);
  }

  system(clientId: string): System | undefined {
    return this.byClientId.get(clientId);
  }

  /** True when somebody here belongs to the participant: only such URNs are resources that tokens are issued for. */
  knowsParticipant(urn: string): boolean {
    const belongs = ({ participant }: Holder): boolean => participant === urn;
    return [...this.byUsername.values()].some(belongs) || this.systems.some(belongs);
  }
}
