import { continuedLogin, passwordLogin, SeraiClient, type TokenSource } from '#libs/client';
import { type PurposeCode, purposeCode } from '#libs/contracts';
import type { CliConfig } from '../config.js';
import { UsageError } from '../failure.js';
import { deskOf } from '../urn.js';
import { localLogin } from './local-run.js';
import { readSession, writeSession } from './session-file.js';

/** Options that every command takes. */
export interface CommonOptions {
  readonly as?: string;
  readonly desk?: string;
  readonly purpose?: string;
  readonly json?: boolean;
}

/** The client of whoever is logged in, or of the local log-in that `--as` names. */
export async function connect(config: CliConfig, options: CommonOptions): Promise<SeraiClient> {
  const { accessPoint, token } = holderOf(config, options.as);
  const client = new SeraiClient({ baseUrl: accessPoint, token, purpose: purposeOf(options.purpose) });
  return client.acting({ desk: options.desk ? deskOf(options.desk) : await onlyDesk(client) });
}

function holderOf(config: CliConfig, as: string | undefined): { accessPoint: string; token: TokenSource } {
  if (as) {
    const login = localLogin(config, as);
    return { accessPoint: login.accessPoint, token: passwordLogin(login, login.username, login.password) };
  }
  const session = readSession(config.sessionFile);
  if (!session)
    throw new UsageError('Nobody is logged in: run "serai login", or add --as <login> in a local community.');
  const keep = (tokens: typeof session.tokens): void => writeSession(config.sessionFile, { ...session, tokens });
  return { accessPoint: session.accessPoint, token: continuedLogin(session, session.tokens, keep) };
}

function purposeOf(text: string | undefined): PurposeCode | undefined {
  const parsed = purposeCode.optional().safeParse(text);
  if (parsed.success) return parsed.data;
  throw new UsageError(`"${text}" is no purpose. Purposes are: ${purposeCode.options.join(', ')}.`);
}

/** Whoever has one desk need not name it; with several, the access point says when one is needed. */
async function onlyDesk(client: SeraiClient): Promise<string | undefined> {
  const { desks } = await client.me();
  return desks.length === 1 ? desks[0]?.desk : undefined;
}
