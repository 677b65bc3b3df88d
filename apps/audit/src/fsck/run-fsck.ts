import { readFile } from 'node:fs/promises';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { postgresUrl, readEnvironment, secret, text } from '#libs/config';
import { openKeystore } from '#libs/envelope';
import { isSeraiError } from '#libs/errors';
import { isKeyName, parsePolicy, parseVerifierKey } from '#libs/transparency-log';
import { openDatabase } from '../database/open-database.js';
import { logSchema } from '../epoch/earlier-log.js';
import { LogFolder } from '../tile/log-folder.js';
import { type FsckSources, fsck } from './fsck.js';
import { FSCK_HELP, type FsckOptions, readFsckOptions } from './fsck-options.js';
import type { FsckPart, FsckPartReport } from './fsck-report.js';
import type { Trust } from './published-head.js';

const EXIT = { CLEAN: 0, FINDINGS: 1, NOT_RUN: 2 } as const;
/** Leaves between two lines of progress. */
const TELL_EVERY = 131_072;

const logVariables = z.object({
  SERAI_AUDIT_ORIGIN: z.string().refine(isKeyName, 'must be the name of a log, like hub.example/audit/2026'),
  SERAI_AUDIT_LOG_FOLDER: text,
});
const databaseVariables = z.object({ SERAI_POSTGRES_URL: postgresUrl, SERAI_AUDIT_SCHEMA: logSchema });
const keystoreVariables = z.object({ SERAI_KEYSTORE: text, SERAI_KEYSTORE_PASSPHRASE: secret });

/** Where words go: the report to `out`, everything else to `err`. */
export interface FsckOutput {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** The command of operators. @returns the exit code: 0 everything fits, 1 something does not, 2 it could not run */
export async function runFsck(args: readonly string[], env: NodeJS.ProcessEnv, output: FsckOutput): Promise<number> {
  const options = readFsckOptions(args);
  if (options === undefined) {
    output.out(FSCK_HELP);
    return EXIT.CLEAN;
  }
  if (typeof options === 'string') {
    output.err(options);
    return EXIT.NOT_RUN;
  }
  try {
    return await check(options, env, output);
  } catch (error) {
    output.err(isSeraiError(error) ? error.message : `It could not run: ${(error as Error).message}.`);
    return EXIT.NOT_RUN;
  }
}

async function check(options: FsckOptions, env: NodeJS.ProcessEnv, output: FsckOutput): Promise<number> {
  const { SERAI_AUDIT_ORIGIN: origin, SERAI_AUDIT_LOG_FOLDER: logFolder } = readEnvironment(env, logVariables);
  let opened: DataSource | undefined;
  const sources: FsckSources = {
    origin,
    settleSeconds: options.settleSeconds,
    folder: () => new LogFolder({ logFolder }),
    trust: () => readTrust(options),
    formerKeys: options.former.map(parseVerifierKey),
    database: async () => {
      const { SERAI_POSTGRES_URL, SERAI_AUDIT_SCHEMA: schema } = readEnvironment(env, databaseVariables);
      opened ??= await openDatabase(SERAI_POSTGRES_URL, { schema });
      return opened;
    },
    keystore: () => {
      const { SERAI_KEYSTORE, SERAI_KEYSTORE_PASSPHRASE } = readEnvironment(env, keystoreVariables);
      return openKeystore(SERAI_KEYSTORE, SERAI_KEYSTORE_PASSPHRASE);
    },
    onProgress: progressTo(output),
  };
  try {
    const parts: FsckPartReport[] = [];
    for (const part of options.parts) parts.push(await fsck(part, sources));
    tell(origin, parts, options.json, output);
    return parts.some(({ found }) => found > 0) ? EXIT.FINDINGS : EXIT.CLEAN;
  } finally {
    await opened?.destroy();
  }
}

async function readTrust({ policy, key = '' }: FsckOptions): Promise<Trust> {
  return policy === undefined ? { key: parseVerifierKey(key) } : { policy: parsePolicy(await readFile(policy)) };
}

function progressTo({ err }: FsckOutput): FsckSources['onProgress'] {
  const told = new Map<FsckPart, number>();
  return (part, leaves) => {
    if (leaves - (told.get(part) ?? 0) < TELL_EVERY) return;
    told.set(part, leaves);
    err(`${part}: ${leaves} leaves`);
  };
}

function tell(origin: string, parts: readonly FsckPartReport[], json: boolean, { out }: FsckOutput): void {
  const clean = parts.every(({ found }) => found === 0);
  if (json) {
    out(JSON.stringify({ origin, clean, parts }));
    return;
  }
  for (const { part, looked, found, findings } of parts) {
    const counts = Object.entries(looked).map(([kind, count]) => `${count} ${kind}`);
    out(
      `${part}: ${found === 0 ? 'everything fits' : `${found} findings`} (${counts.join(', ') || 'nothing to look at'})`,
    );
    for (const { rule, says, at } of findings) out(`  ${rule} ${JSON.stringify(at)} ${says}`);
  }
}
