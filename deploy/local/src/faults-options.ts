import { parseArgs } from 'node:util';
import { NOTHING_TO_DO } from './flag-command.js';

/**
 * What can be done to a process: kill it; keep it dead for a while; stop and continue it; end it in good order; fill its disk for a while. Something else
 * starts it again. And to all of them: officers who do ten times as much for a while.
 */
export const STRIKES = ['kill', 'outage', 'pause', 'restart', 'fill', 'flood'] as const;
export type StrikeKind = (typeof STRIKES)[number];

export interface Strike {
  readonly kind: StrikeKind;
  /** Name of the process, or of those who flood all of them. */
  readonly name: string;
  /** How long an outage, a pause or a flood lasts, or a disk is full; 0 for the others. */
  readonly ms: number;
}

export interface FaultsOptions {
  readonly seed: number;
  /** Each at least once. */
  readonly strikes: readonly Strike[];
  readonly exchanges: number;
  readonly json: boolean;
}

export const FAULTS_HELP = `npm run faults: kills every process in turn with kill -9 - PostgreSQL and Kafka too - at random moments while officers send
requests, and checks that nothing is lost, doubled or reordered, and that nothing ends but what was struck. Brings up its own constellation and throws
it away.

  --exchanges <number>   at least so many requests (10000); more where something is left to do
  --only <list>          with commas: names of processes to kill; kills, outages, pauses, restarts or fills for all of a kind;
                         or one thing, like outage:Kafka, pause:requests, restart:gateway, fill:PostgreSQL, flood:officers
                         (these send ten times as much)
  --seconds <number>     how long an outage or a pause lasts (Kafka is away for 120, PostgreSQL for 60, pauses take 30), a
                         disk is full (30), or officers flood (300); disks can be filled on Linux by users who may mount
  --seed <number>        the same things in the same order, with the same peace between them, as the run that printed it
  --json                 end with one JSON object on standard output
  --help                 this

Exit codes: 0 nothing was lost, doubled, reordered or refused; 1 something was; 2 called wrongly.`;

const DEFAULT_EXCHANGES = 10_000;
const DEFAULT_SECONDS: Readonly<Record<StrikeKind, (name: string) => number>> = {
  kill: () => 0,
  outage: (name) => (name === 'Kafka' ? 120 : 60),
  pause: () => 30,
  restart: () => 0,
  fill: () => 30,
  flood: () => 300,
};

/** Which processes a kind of strike makes sense for: servers go away; a stopped postmaster stops none of its children, and has no good order worth a test. */
const SERVERS = ['PostgreSQL', 'Kafka'];
const OFFICERS = 'officers';
const FITS: Readonly<Record<StrikeKind, (name: string) => boolean>> = {
  kill: (name) => name !== OFFICERS,
  outage: (name) => SERVERS.includes(name),
  pause: (name) => ![OFFICERS, 'PostgreSQL'].includes(name),
  restart: (name) => ![OFFICERS, ...SERVERS].includes(name),
  fill: (name) => SERVERS.includes(name),
  flood: (name) => name === OFFICERS,
};

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
  let values: { seed?: string; only?: string; exchanges?: string; seconds?: string; json?: boolean; help?: boolean };
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    const options = { seed: text, only: text, exchanges: text, seconds: text, json: flag, help: flag };
    values = parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    return `${(error as Error).message.split('. ')[0]}. See npm run faults -- --help.`;
  }
  if (values.help) return NOTHING_TO_DO;
  const seed = values.seed === undefined ? newSeed() : wholeNumber(values.seed, 0);
  const exchanges = values.exchanges === undefined ? DEFAULT_EXCHANGES : wholeNumber(values.exchanges, 1);
  const seconds = values.seconds === undefined ? undefined : wholeNumber(values.seconds, 1);
  if (seed === undefined) return `--seed ${values.seed} is no whole number from 0.`;
  if (exchanges === undefined) return `--exchanges ${values.exchanges} is no whole number from 1.`;
  if (values.seconds !== undefined && seconds === undefined)
    return `--seconds ${values.seconds} is no whole number from 1.`;
  const strikes = (values.only ?? 'kills').split(',').map((word) => strikesOf(word, [...known, OFFICERS], seconds));
  const wrong = strikes.find((found) => typeof found === 'string');
  if (wrong !== undefined) return wrong;
  return { seed, strikes: strikes.flat() as Strike[], exchanges, json: values.json ?? false };
}

/** `kills`, `gateway` or `pause:gateway`; a sentence when it is none. */
function strikesOf(word: string, known: readonly string[], seconds: number | undefined): Strike[] | string {
  const strike = (kind: StrikeKind, name: string): Strike => {
    const usual = DEFAULT_SECONDS[kind](name);
    return { kind, name, ms: 1_000 * (usual > 0 ? (seconds ?? usual) : 0) };
  };
  const whole = STRIKES.find((kind) => word === `${kind}s`);
  if (whole) return known.filter(FITS[whole]).map((name) => strike(whole, name));
  const [first = '', second] = word.split(':');
  const [kind, name] = second === undefined ? ['kill', first] : [first, second];
  const one = STRIKES.find((candidate) => candidate === kind);
  if (!one) return `"${kind}" can not be done. There are: ${STRIKES.join(', ')}.`;
  if (!known.includes(name)) return `There is no process "${name}". There are: ${known.join(', ')}.`;
  return FITS[one](name) ? [strike(one, name)] : `${one} does not fit ${name}.`;
}

function wholeNumber(text: string, least: number): number | undefined {
  const number = Number(text);
  return /^\d{1,9}$/.test(text) && number >= least ? number : undefined;
}
