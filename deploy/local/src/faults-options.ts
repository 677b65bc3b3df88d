import { parseArgs } from 'node:util';

export interface FaultsOptions {
  readonly seed: number;
  /** Names of the processes to kill; all of them when there is none. */
  readonly only: readonly string[];
  readonly exchanges: number;
  readonly json: boolean;
}

/** What `--help` asks for. */
export const NOTHING_TO_DO = Symbol('help');

export const FAULTS_HELP = `npm run faults: kills every process in turn with kill -9 - PostgreSQL and Kafka too - at random moments while officers send
requests, and checks that nothing is lost, doubled or reordered. Brings up its own constellation and throws it away.

  --exchanges <number>   at least so many requests (10000); more where processes are left to kill
  --only <names>         kill only these: gateway,directory,requests,notifications,identity-provider,access-point-rs,
                         access-point-iq,PostgreSQL,Kafka
  --seed <number>        the same processes in the same order, with the same pauses, as the run that printed it
  --json                 end with one JSON object on standard output
  --help                 this

Exit codes: 0 nothing was lost, doubled, reordered or refused; 1 something was; 2 called wrongly.`;

const DEFAULT_EXCHANGES = 10_000;

/**
 * Reads the command line; a sentence when it is wrong.
 *
 * @param known names of the processes that there will be
 */
export function faultsOptions(
  args: readonly string[],
  known: readonly string[],
  newSeed: () => number,
): FaultsOptions | typeof NOTHING_TO_DO | string {
  let values: { seed?: string; only?: string; exchanges?: string; json?: boolean; help?: boolean };
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    const options = { seed: text, only: text, exchanges: text, json: flag, help: flag };
    values = parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    return `${(error as Error).message.split('. ')[0]}. See npm run faults -- --help.`;
  }
  if (values.help) return NOTHING_TO_DO;
  const seed = values.seed === undefined ? newSeed() : wholeNumber(values.seed, 0);
  const exchanges = values.exchanges === undefined ? DEFAULT_EXCHANGES : wholeNumber(values.exchanges, 1);
  if (seed === undefined) return `--seed ${values.seed} is no whole number from 0.`;
  if (exchanges === undefined) return `--exchanges ${values.exchanges} is no whole number from 1.`;
  const only = values.only?.split(',').filter((name) => name !== '') ?? [];
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) return `There is no process "${unknown}". There are: ${known.join(', ')}.`;
  return { seed, only, exchanges, json: values.json ?? false };
}

function wholeNumber(text: string, least: number): number | undefined {
  const number = Number(text);
  return /^\d{1,9}$/.test(text) && number >= least ? number : undefined;
}
