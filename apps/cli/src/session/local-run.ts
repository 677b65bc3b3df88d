import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UsageError } from '../failure.js';

/** What the tool needs of the file that `npm start` writes. */
const runFile = z.object({
  community: z.object({
    issuer: z.string(),
    rootKeys: z.string(),
    participants: z.array(z.object({ id: z.string(), urn: z.string(), accessPoint: z.string() })),
    officers: z.array(
      z.object({ login: z.string(), password: z.string(), participant: z.string(), desks: z.array(z.string()) }),
    ),
  }),
});
export type LocalRun = z.infer<typeof runFile>['community'];

/** The running constellation of this checkout: `.serai/run.json` in `folder` or above it. */
export function readLocalRun(folder: string): LocalRun | undefined {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    try {
      return runFile.parse(JSON.parse(readFileSync(path.join(at, '.serai', 'run.json'), 'utf8'))).community;
    } catch {
      if (at === path.dirname(at)) return undefined;
    }
  }
}

/** Everything that `--as <login>` stands for. */
export interface LocalLogin {
  readonly accessPoint: string;
  readonly issuer: string;
  readonly participant: string;
  readonly username: string;
  readonly password: string;
}

export function localLogin(folder: string, login: string): LocalLogin {
  const run = readLocalRun(folder);
  if (!run) {
    throw new UsageError(
      `--as needs a running local community and there is no .serai/run.json in ${folder} or above it: run "npm start" first.`,
    );
  }
  const officer = run.officers.find((one) => one.login === login);
  const participant = run.participants.find(
    ({ id, urn }) => id === officer?.participant || urn === officer?.participant,
  );
  if (!officer || !participant) {
    throw new UsageError(
      `There is no log-in "${login}". There are: ${run.officers.map((one) => one.login).join(', ')}.`,
    );
  }
  return {
    accessPoint: participant.accessPoint,
    issuer: run.issuer,
    participant: participant.urn,
    username: officer.login,
    password: officer.password,
  };
}
