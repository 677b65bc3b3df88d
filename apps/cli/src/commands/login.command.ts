import { Command } from 'commander';
import { logInOnce } from '#libs/client';
import type { CliConfig } from '../config.js';
import { UsageError } from '../failure.js';
import { Output } from '../output/output.js';
import { browserLogin } from '../session/browser-login.js';
import type { CommonOptions } from '../session/connect.js';
import { localLogin } from '../session/local-run.js';
import { removeSession, type Session, writeSession } from '../session/session-file.js';
import { participantOf, shortUrn } from '../urn.js';
import { type Surroundings, withClient } from './command.js';

interface LoginOptions extends CommonOptions {
  readonly accessPoint?: string;
  readonly issuer?: string;
  readonly participant?: string;
}

export function loginCommands(surroundings: Surroundings): Command[] {
  const { config, terminal } = surroundings;
  const login = new Command('login')
    .description('log in and stay logged in for later commands; with --as in a local community, else in the browser')
    .option('--access-point <url>', 'address of your access point')
    .option('--issuer <url>', "address of your agency's identity provider")
    .option('--participant <id>', 'your country or organisation, like rs')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<LoginOptions>();
      const output = new Output(terminal, options.json === true);
      const session = options.as ? await logInLocally(config, options.as) : await logInInBrowser(options, output);
      writeSession(config.sessionFile, session);
      const { accessPoint, participant } = session;
      output.show({ accessPoint, participant }, `Logged in at ${accessPoint} (${shortUrn(participant)}).`);
    });
  const logout = new Command('logout').description('forget the log-in').action(() => removeSession(config.sessionFile));
  const me = new Command('me').description('who you are: participant, roles, desks').action(
    withClient(surroundings, async ({ client, output }) => {
      const officer = await client.me();
      const desks = officer.desks.map(({ desk, name }) => `  ${shortUrn(desk)}  ${name}`);
      const who = `${officer.name}, ${shortUrn(officer.participant)}, ${officer.roles.join(', ')}`;
      const asked = officer.openQuestions ? [`${officer.openQuestions} to answer: serai questions list`] : [];
      output.show(officer, [who, `known abroad as ${officer.pseudonym}`, 'desks:', ...desks, ...asked]);
    }),
  );
  return [login, logout, me];
}

async function logInLocally(config: CliConfig, as: string): Promise<Session> {
  const { accessPoint, issuer, participant, username, password } = localLogin(config, as);
  const tokens = await logInOnce({ issuer, participant }, username, password);
  return { accessPoint, issuer, participant, tokens };
}

async function logInInBrowser(options: LoginOptions, output: Output): Promise<Session> {
  const { accessPoint, issuer } = options;
  if (!accessPoint || !issuer || !options.participant) {
    throw new UsageError('Say where: --access-point <url> --issuer <url> --participant <id>; or --as <login> locally.');
  }
  const participant = participantOf(options.participant);
  const tokens = await browserLogin({ issuer, participant }, (url) =>
    output.remark(`Open this address in a browser and log in:\n${url}`),
  );
  return { accessPoint, issuer, participant, tokens };
}
