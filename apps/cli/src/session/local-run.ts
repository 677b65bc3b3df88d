import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { CliConfig } from '../config.js';
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
  chairs: z.array(z.object({ name: z.string(), keystore: z.string(), passphrase: z.string() })).optional(),
  operator: z
    .object({ services: z.record(z.string(), z.string()), keystore: z.string(), passphrase: z.string() })
    .optional(),
});
export type LocalRun = z.infer<typeof runFile>['community'];

/** The community that runs in this checkout: `run.json` in its data folder, or in `.serai` of `folder` or above it. */
export function readLocalRun(places: Places): LocalRun | undefined {
  return findRunFile(places)?.community;
}

/** Addresses and keystore of an operator of the hub that runs in this checkout. */
export function readLocalOperator(places: Places): z.infer<typeof runFile>['operator'] {
  return findRunFile(places)?.operator;
}

/** The chairs of the community that runs in this checkout; nowhere else do their keys lie beside everything. */
export function readLocalChairs(places: Places): NonNullable<z.infer<typeof runFile>['chairs']> {
  return findRunFile(places)?.chairs ?? [];
}

type Places = Pick<CliConfig, 'folder' | 'dataFolder'>;

function findRunFile({ folder, dataFolder }: Places): z.infer<typeof runFile> | undefined {
  if (dataFolder) return readRunFile(path.join(dataFolder, 'run.json'));
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const run = readRunFile(path.join(at, '.serai', 'run.json'));
    if (run || at === path.dirname(at)) return run;
  }
}

function readRunFile(file: string): z.infer<typeof runFile> | undefined {
  try {
    return runFile.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
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

export function localLogin(places: Places, login: string): LocalLogin {
  const run = readLocalRun(places);
  if (!run) {
    throw new UsageError(
      `--as needs a running local community and there is no .serai/run.json in ${places.folder} or above it: run "npm start" first.`,
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
