import { parseArgs } from 'node:util';
import { NOTHING_TO_DO } from './flag-command.js';

export const BENCH_HELP = `npm run bench: measures latency, the highest sustained rate, CPU and memory, and a bare pipeline beside it, on a constellation of
its own that it throws away; some ten minutes on two cores.

  --short              every part for a moment: whether the bench works, not how fast anything is
  --only clients       only this: what producing and consuming costs with each Kafka client, some four minutes
  --only log           only this: how fast records get into the log, beside rows and signatures, some four minutes
  --only audit-search  only this: how long auditors wait for what they search among a million records, some three minutes
  --profile <folder>   also a CPU profile of each Node process at the highest rate
  --json               end with one JSON object on standard output
  --help               this

Exit codes: 0 measured, and nothing was lost; 1 something was, or no rate was sustained; 2 called wrongly.`;

const PARTS = ['clients', 'log', 'audit-search'];

/** Whether to profile, from the command line; a sentence when it is wrong. */
export function benchOptions(args: readonly string[]): { readonly profiles: boolean } | typeof NOTHING_TO_DO | string {
  try {
    const flag = { type: 'boolean' } as const;
    const options = {
      short: flag,
      json: flag,
      help: flag,
      profile: { type: 'string' },
      only: { type: 'string' },
    } as const;
    const { values } = parseArgs({ args: [...args], options, strict: true });
    if (values.only !== undefined && !PARTS.includes(values.only))
      return `--only knows "clients", "log" and "audit-search", not "${values.only}". See npm run bench -- --help.`;
    return values.help ? NOTHING_TO_DO : { profiles: values.profile !== undefined };
  } catch (error) {
    return `${(error as Error).message.split('. ')[0]}. See npm run bench -- --help.`;
  }
}
