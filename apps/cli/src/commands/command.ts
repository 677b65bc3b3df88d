import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { type SeraiClient, SeraiProblem } from '#libs/client';
import type { EnvelopeView, SentEnvelope } from '#libs/contracts';
import { isSeraiError } from '#libs/errors';
import type { CliConfig } from '../config.js';
import { UsageError } from '../failure.js';
import { Output, type Terminal } from '../output/output.js';
import { envelopeLine } from '../output/words.js';
import { type CommonOptions, connect } from '../session/connect.js';

/** What the program is given from outside. */
export interface Surroundings {
  readonly config: CliConfig;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** What the action of a command works with. */
export interface Work<Options> {
  readonly client: SeraiClient;
  readonly output: Output;
  readonly options: Options & CommonOptions;
  readonly signal: AbortSignal;
}

/** Wires an action that talks to an access point. */
export function withClient<Options, Args extends unknown[]>(
  { config, terminal, signal }: Surroundings,
  action: (work: Work<Options>, ...args: Args) => Promise<void>,
) {
  return async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    const options = command.optsWithGlobals<Options & CommonOptions>();
    const client = await connect(config, options);
    const output = new Output(terminal, options.json === true);
    await action({ client, output, options, signal }, ...(given.slice(0, -2) as Args));
  };
}

/** Options of acts that become a signed envelope. */
export interface ActOptions {
  readonly wait: string;
  readonly idempotencyKey?: string;
}

export const actCommand = (name: string): Command =>
  new Command(name)
    .option('--wait <seconds>', 'wait so long for the decision of the hub', '10')
    .option('--idempotency-key <key>', 'repeat an act safely: the same key has one effect');

/** Waits for the hub's decision as long as the options say, prints it, and fails when it is a refusal. */
export async function follow(
  { client, output, options, signal }: Work<ActOptions>,
  sent: readonly SentEnvelope[],
  answer: object,
): Promise<void> {
  const timeoutMs = secondsOf(options.wait);
  const envelopes = await Promise.all(
    sent.map(async ({ envelopeId }): Promise<EnvelopeView> => {
      try {
        return await client.waitForEnvelope(envelopeId, { until: 'DECIDED', timeoutMs, signal });
      } catch (error) {
        // Not decided in time is no failure: the envelope is kept and goes on by itself.
        if (isSeraiError(error, 'ERR_UPSTREAM_UNAVAILABLE')) return client.envelope(envelopeId);
        throw error;
      }
    }),
  );
  output.show({ ...answer, envelopes }, envelopes.map(envelopeLine));
  const refused = envelopes.find(({ problem }) => problem !== undefined);
  if (refused?.problem) throw new SeraiProblem(refused.problem);
}

/** Milliseconds of a number of seconds as it was typed. */
export function secondsOf(wait: string): number {
  const timeoutMs = Number(wait) * 1000;
  if (Number.isNaN(timeoutMs)) throw new UsageError(`--wait ${wait} is no number of seconds.`);
  return timeoutMs;
}

/** Options of commands that carry one text. */
export interface TextOptions {
  readonly text: string;
  readonly language: string;
}

export const withText = (command: Command, what: string): Command =>
  command.requiredOption('--text <text>', what).option('--language <tag>', 'language of the text (BCP 47)', 'en');

/** JSON of a file, or of standard input for `-`. */
export function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8')) as T;
  } catch {
    throw new UsageError(`${file} is not a readable JSON file.`);
  }
}

/** Reads a list to its end, or to `limit` entries. */
export async function take<T>(entries: AsyncIterable<T>, limit: string): Promise<T[]> {
  const most = Number(limit);
  if (!Number.isInteger(most) || most < 1) throw new UsageError(`--limit ${limit} is no number from 1.`);
  const taken: T[] = [];
  for await (const entry of entries) {
    taken.push(entry);
    if (taken.length >= most) break;
  }
  return taken;
}
