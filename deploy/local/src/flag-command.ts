import { parseArgs } from 'node:util';
import { runCommand } from './run-command.js';

/** What `--help` asks for. */
export const NOTHING_TO_DO = Symbol('help');

/** A command that takes flags and nothing else. */
export interface FlagCommand {
  /** `npm run demo` */
  readonly name: string;
  /** What it does, in a sentence or two. */
  readonly about: string;
  /** What each flag does, by its name without dashes. `--help` needs no mention. */
  readonly flags?: Readonly<Record<string, string>>;
}

/** The flags that were given; a sentence when the command line is wrong. */
export function flagsOf(
  { name, flags = {} }: FlagCommand,
  args: readonly string[],
): readonly string[] | typeof NOTHING_TO_DO | string {
  const names = [...Object.keys(flags), 'help'];
  const options = Object.fromEntries(names.map((flag) => [flag, { type: 'boolean' } as const]));
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true });
    return values['help'] ? NOTHING_TO_DO : Object.keys(values);
  } catch (error) {
    return `${(error as Error).message.split('. ')[0]}. See ${name} -- --help.`;
  }
}

/** What `--help` prints. */
export function helpOf({ name, about, flags = {} }: FlagCommand): string {
  const lines = Object.entries({ ...flags, help: 'this' }).map(([flag, does]) => `  --${flag.padEnd(8)} ${does}`);
  return `${name}: ${about}\n\n${lines.join('\n')}`;
}

/** Runs a command that takes flags and nothing else. */
export async function runFlagCommand(command: FlagCommand, work: () => Promise<void>): Promise<void> {
  await runCalled(flagsOf(command, process.argv.slice(2)), helpOf(command), work);
}

/** Runs a command with its options, unless its help is asked for, or it is called wrongly: a sentence and exit code 2. */
export async function runCalled<Options extends object>(
  options: Options | typeof NOTHING_TO_DO | string,
  help: string,
  work: (options: Options) => Promise<void>,
): Promise<void> {
  if (options === NOTHING_TO_DO) return console.log(help);
  if (typeof options === 'string') {
    console.error(options);
    process.exitCode = 2;
    return;
  }
  await runCommand(() => work(options));
}
