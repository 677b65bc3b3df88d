import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { postgresUrl, readEnvironment, text } from '#libs/config';
import { isSeraiError } from '#libs/errors';
import { isKeyName, parsePolicy } from '#libs/transparency-log';
import { openDatabase } from '../database/open-database.js';
import { logSchema } from '../epoch/earlier-log.js';
import { FsckNotes } from '../fsck/fsck-report.js';
import { readPublishedHead } from '../fsck/published-head.js';
import { LogFolder } from '../tile/log-folder.js';
import { type PruneReport, prune } from './prune.js';
import { RetentionRepository } from './retention.repository.js';
import { retentionDays } from './retention-days.js';

const EXIT = { DONE: 0, REFUSED: 1, NOT_RUN: 2 } as const;

export const PRUNE_HELP = `prune --policy FILE: destroys what opens the leaves that are older than SERAI_AUDIT_RETENTION_DAYS, from the oldest one on, as far as the
log is witnessed. Leaves, tiles and proofs stay; what they stand for only those can show who have its proof. It may be repeated,
and goes on where it was interrupted; the log may grow meanwhile.

  --policy <file>  the log policy of the community, which must believe the published checkpoint
  --dry-run        says what would be destroyed, and changes nothing
  --json           the result as one JSON object on standard output
  --help           this

It reads SERAI_AUDIT_ORIGIN, SERAI_AUDIT_LOG_FOLDER, SERAI_AUDIT_RETENTION_DAYS, SERAI_POSTGRES_URL and SERAI_AUDIT_SCHEMA.
Exit codes: 0 done; 1 no checkpoint is published that the policy believes; 2 it could not run.`;

const variables = z.object({
  SERAI_AUDIT_ORIGIN: z.string().refine(isKeyName, 'must be the name of a log, like hub.example/audit/2026'),
  SERAI_AUDIT_LOG_FOLDER: text,
  SERAI_AUDIT_RETENTION_DAYS: retentionDays,
  SERAI_POSTGRES_URL: postgresUrl,
  SERAI_AUDIT_SCHEMA: logSchema,
});

interface Calling {
  readonly policy: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Where words go: the result to `out`, everything else to `err`. */
export interface PruneOutput {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** The command of operators. @returns the exit code */
export async function runPrune(args: readonly string[], env: NodeJS.ProcessEnv, output: PruneOutput): Promise<number> {
  const calling = readCall(args);
  if (calling === undefined) {
    output.out(PRUNE_HELP);
    return EXIT.DONE;
  }
  if (typeof calling === 'string') {
    output.err(calling);
    return EXIT.NOT_RUN;
  }
  try {
    return await carryOut(calling, env, output);
  } catch (error) {
    output.err(isSeraiError(error) ? error.message : `It could not run: ${(error as Error).message}.`);
    return EXIT.NOT_RUN;
  }
}

function readCall(args: readonly string[]): Calling | string | undefined {
  const flag = { type: 'boolean', default: false } as const;
  const options = { policy: { type: 'string' }, 'dry-run': flag, json: flag, help: flag } as const;
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true });
    if (values.help) return undefined;
    if (values.policy === undefined) return 'Say whose checkpoints are to be believed: --policy <file>.';
    return { policy: values.policy, dryRun: values['dry-run'], json: values.json };
  } catch (error) {
    return `${(error as Error).message.split('. ')[0]}. See --help.`;
  }
}

async function carryOut({ policy, dryRun, json }: Calling, env: NodeJS.ProcessEnv, output: PruneOutput) {
  const settings = readEnvironment(env, variables);
  const days = settings.SERAI_AUDIT_RETENTION_DAYS;
  if (days === undefined) {
    output.err('There is no policy: without SERAI_AUDIT_RETENTION_DAYS everything is kept.');
    return EXIT.NOT_RUN;
  }
  const notes = new FsckNotes('tiles');
  const folder = new LogFolder({ logFolder: settings.SERAI_AUDIT_LOG_FOLDER });
  const trust = { policy: parsePolicy(await readFile(policy)) };
  const head = await readPublishedHead(folder, settings.SERAI_AUDIT_ORIGIN, trust, notes);
  if (head === undefined) {
    for (const { says } of notes.report.findings) output.err(`${says} Nothing is pruned.`);
    return EXIT.REFUSED;
  }
  const dataSource = await openDatabase(settings.SERAI_POSTGRES_URL, { schema: settings.SERAI_AUDIT_SCHEMA });
  try {
    const repository = new RetentionRepository(dataSource);
    const onProgress = (leaves: number) => output.err(`${leaves} leaves`);
    const report = await prune({ repository, retentionDays: days, head, dryRun, now: new Date(), onProgress });
    output.out(json ? JSON.stringify(report) : describe(report));
    return EXIT.DONE;
  } finally {
    await dataSource.destroy();
  }
}

function describe({ begin, end, acceptedBefore, salts, dryRun }: PruneReport): string {
  const what = begin === end ? 'no leaf' : `leaves ${begin} to ${end - 1}`;
  return dryRun
    ? `Would prune ${what}, accepted before ${acceptedBefore}: ${salts} salts.`
    : `Pruned ${what}, accepted before ${acceptedBefore}: ${salts} salts destroyed.`;
}
