import { parseArgs } from 'node:util';
import { accessCommand } from './commands/access.command.js';
import type { Arguments } from './commands/arguments.js';
import { checkpointsCommand } from './commands/checkpoints.command.js';
import { exportCommand } from './commands/export.command.js';
import { jointCommand } from './commands/joint.command.js';
import { packCommand } from './commands/pack.command.js';
import { proofCommand } from './commands/proof.command.js';
import { recordsCommand } from './commands/records.command.js';
import { statisticsCommand } from './commands/statistics.command.js';
import { HELP } from './help.js';
import { EXIT, type Terminal, UsageError } from './usage.js';

interface Command {
  /** What must stand behind its name, in words for whoever left it out. */
  readonly needs: readonly string[];
  readonly flags: readonly string[];
  /** Resolves to whether everything holds. */
  readonly run: (args: Arguments, terminal: Terminal) => Promise<boolean>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  pack: { needs: ['the evidence pack'], flags: ['roots', 'language'], run: packCommand },
  proof: {
    needs: ['the .tlog-proof file'],
    flags: ['policy', 'entry', 'opening', 'record', 'salt'],
    run: proofCommand,
  },
  checkpoints: {
    needs: ['the older checkpoint', 'the newer checkpoint'],
    flags: ['policy', 'consistency', 'tiles'],
    run: checkpointsCommand,
  },
  export: { needs: ['the folder or zip file of the export'], flags: ['policy'], run: exportCommand },
  records: { needs: ['the export of audit records'], flags: ['roots'], run: recordsCommand },
  access: { needs: ['the proof of an entry of an access log'], flags: ['roots'], run: accessCommand },
  joint: {
    needs: ['the export of one participant', 'the export of the other'],
    flags: ['roots'],
    run: jointCommand,
  },
  statistics: { needs: ['the issued statistics', 'the basis'], flags: ['roots'], run: statisticsCommand },
};

/**
 * Runs one command line (without `node` and the script).
 *
 * @returns the exit code: 0 everything holds, 1 something failed, 2 wrong call or unreadable input
 */
export async function run(line: readonly string[], terminal: Terminal): Promise<number> {
  try {
    if (line.length === 0 || line.includes('--help') || line.includes('-h') || line[0] === 'help') {
      terminal.result(HELP);
      return line.length === 0 ? EXIT.usage : EXIT.holds;
    }
    const [name = '', ...rest] = line;
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined)
      throw new UsageError(`There is no command "${name}". Known: ${Object.keys(COMMANDS).join(', ')}.`);
    return (await command.run(argumentsOf(command, rest), terminal)) ? EXIT.holds : EXIT.failed;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.remark(`${error.message} See: verify --help`);
    return EXIT.usage;
  }
}

function argumentsOf({ needs, flags }: Command, rest: readonly string[]): Arguments {
  const { values, positionals } = parsed(flags, rest);
  const missing = needs[positionals.length];
  if (missing !== undefined) throw new UsageError(`Say where ${missing} is.`);
  if (positionals.length > needs.length)
    throw new UsageError(`"${positionals[needs.length]}" is one argument too many.`);
  const given = flags.flatMap((name) => {
    const value = values[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return { positionals, flags: new Map(given), json: values['json'] === true };
}

interface Parsed {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

function parsed(flags: readonly string[], rest: readonly string[]): Parsed {
  const texts = Object.fromEntries(flags.map((name) => [name, { type: 'string' as const }]));
  try {
    return parseArgs({
      args: [...rest],
      allowPositionals: true,
      options: { ...texts, json: { type: 'boolean' as const } },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
