import { UsageError } from '../usage.js';

/** A command line, taken apart. */
export interface Arguments {
  readonly positionals: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
  readonly json: boolean;
}

export function flag({ flags }: Arguments, name: string): string | undefined {
  return flags.get(name);
}

/** @throws UsageError that says which is missing */
export function required(args: Arguments, name: string): string {
  const value = flag(args, name);
  if (value === undefined) throw new UsageError(`--${name} <file> is missing.`);
  return value;
}
