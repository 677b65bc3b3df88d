import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { isSameProcess } from '../infra/processes.js';

const processRecord = z.object({ name: z.string(), pid: z.number(), started: z.string() });
export type ProcessRecord = z.infer<typeof processRecord>;

const runFile = z.object({
  version: z.literal(1),
  /** `ready` once every app serves. */
  state: z.enum(['starting', 'ready']),
  startedAt: z.string(),
  /** The program that started all the others. */
  starter: processRecord,
  processes: z.array(processRecord),
  /** Programs that ended again and again, were given up and stay down. */
  down: z.array(z.string()).default([]),
  infra: z.object({
    postgres: z.object({ kind: z.string(), url: z.string() }),
    kafka: z.object({ kind: z.string(), brokers: z.array(z.string()) }),
  }),
  /** Base address of every app by the name of its instance. */
  addresses: z.record(z.string(), z.string()),
  community: z.object({
    issuer: z.string(),
    rootKeys: z.string(),
    participants: z.array(
      z.object({ id: z.string(), urn: z.string(), name: z.string(), accessPoint: z.string(), keystore: z.string() }),
    ),
    officers: z.array(
      z.object({
        login: z.string(),
        password: z.string(),
        name: z.string(),
        participant: z.string(),
        roles: z.array(z.string()),
        desks: z.array(z.string()),
      }),
    ),
    nationalSystems: z.array(z.object({ clientId: z.string(), participant: z.string(), privateKey: z.string() })),
  }),
  /** Whose signatures change who takes part and with which keys; on one machine for trying out only. */
  chairs: z.array(z.object({ name: z.string(), keystore: z.string(), passphrase: z.string() })).optional(),
  /** With what an operator of the hub works; absent in a community that was founded before it had operators. */
  operator: z
    .object({
      /** Addresses of the services that operators call. */
      services: z.record(z.string(), z.string()),
      keystore: z.string(),
      passphrase: z.string(),
    })
    .optional(),
});

/** What `npm start` tells scripts: addresses, processes, demo log-ins, where keys are. */
export type RunFile = z.infer<typeof runFile>;

const fileOf = (dataDir: string): string => path.join(dataDir, 'run.json');

/** Replaces the file in one step; it holds passwords, so only its owner may read it. */
export function writeRunFile(dataDir: string, run: RunFile): void {
  const unfinished = `${fileOf(dataDir)}.new`;
  fs.writeFileSync(unfinished, `${JSON.stringify(run, undefined, 2)}\n`, { mode: 0o600 });
  fs.renameSync(unfinished, fileOf(dataDir));
}

/** The file of the run that is, or was, under way; undefined when there is none that can be read. */
export function readRunFile(dataDir: string): RunFile | undefined {
  try {
    return runFile.parse(JSON.parse(fs.readFileSync(fileOf(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}

/** The file of the run that is under way now: its starter lives. */
export function findLiveRun(dataDir: string): RunFile | undefined {
  const run = readRunFile(dataDir);
  return run && isSameProcess(run.starter) ? run : undefined;
}

export function removeRunFile(dataDir: string): void {
  fs.rmSync(fileOf(dataDir), { force: true });
}
