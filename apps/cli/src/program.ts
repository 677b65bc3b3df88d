import { Command, CommanderError } from 'commander';
import { anomaliesCommand, questionsCommand } from './commands/anomalies.command.js';
import { approvalsCommand } from './commands/approvals.command.js';
import { attachmentsCommand } from './commands/attachments.command.js';
import { auditCommand } from './commands/audit.command.js';
import { changesCommand } from './commands/changes.command.js';
import type { Surroundings } from './commands/command.js';
import { directoryCommands } from './commands/directory.command.js';
import { disputesCommand } from './commands/disputes.command.js';
import { findingsCommand } from './commands/findings.command.js';
import { keysCommand } from './commands/keys.command.js';
import { laddersCommand } from './commands/ladders.command.js';
import { legsCommand } from './commands/legs.command.js';
import { logCommand } from './commands/log.command.js';
import { loginCommands } from './commands/login.command.js';
import { escalationsCommand, nudgesCommand } from './commands/nudges.command.js';
import { observeCommands } from './commands/observe.command.js';
import { parkedCommand } from './commands/parked.command.js';
import { participantsCommand } from './commands/participants.command.js';
import { requestsCommand } from './commands/requests.command.js';
import { statisticsCommand } from './commands/statistics.command.js';
import { verifyEnvelopeCommand } from './commands/verify-envelope.command.js';
import { EXIT, failureOf } from './failure.js';
import { Output } from './output/output.js';

const EXIT_CODES = `
Exit codes: 0 done, 1 failed unexpectedly, 2 called wrongly, 3 refused (the code says why), 4 the access point,
the identity provider or the service of the hub does not answer, 5 not logged in.`;

function buildProgram(surroundings: Surroundings): Command {
  const program = new Command('serai')
    .description(
      'Caravanserai on the command line: what an officer does at an access point, and an operator at the hub.',
    )
    .option('--as <login>', 'officer of the local community that "npm start" runs, like rs.liaison')
    .option('--desk <desk>', 'desk that you act for, like rs:liaison; your only one unless given')
    .option('--purpose <code>', 'why you act or look, like INVESTIGATION')
    .option('--json', 'results as JSON')
    .addHelpText('after', EXIT_CODES);
  const { terminal } = surroundings;
  for (const command of [
    ...loginCommands(surroundings),
    requestsCommand(surroundings),
    legsCommand(surroundings),
    approvalsCommand(surroundings),
    attachmentsCommand(surroundings),
    ...observeCommands(surroundings),
    nudgesCommand(surroundings),
    escalationsCommand(surroundings),
    ...directoryCommands(surroundings),
    participantsCommand(surroundings),
    keysCommand(surroundings),
    changesCommand(surroundings),
    logCommand(surroundings),
    auditCommand(surroundings),
    anomaliesCommand(surroundings),
    questionsCommand(surroundings),
    statisticsCommand(surroundings),
    verifyEnvelopeCommand(surroundings),
    parkedCommand(surroundings),
    findingsCommand(surroundings),
    disputesCommand(surroundings),
    laddersCommand(surroundings),
  ]) {
    program.addCommand(command);
  }
  prepare(program, terminal);
  return program;
}

/** Every command throws instead of ending the process, and writes to our streams. */
function prepare(command: Command, terminal: Surroundings['terminal']): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => terminal.result(text.trimEnd()),
    writeErr: (text) => terminal.remark(text.trimEnd()),
  });
  for (const child of command.commands) prepare(child, terminal);
}

/** Runs one command line (without `node` and the script); resolves to the exit code. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const program = buildProgram(surroundings);
  try {
    await program.parseAsync(keyIdsLast(args), { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (surroundings.signal.aborted) return EXIT.ok;
    const failure = failureOf(error);
    new Output(surroundings.terminal, args.includes('--json')).fail(failure);
    return failure.exitCode;
  }
}

/** One key in sixty-four has an id that begins with a dash. No option looks like one; `--lost` takes it as its value anyway. */
function keyIdsLast(args: readonly string[]): string[] {
  const isKeyId = (arg: string, nth: number): boolean => /^-[\w-]{42}$/.test(arg) && args[nth - 1] !== '--lost';
  if (!args.some(isKeyId)) return [...args];
  return [...args.filter((arg, nth) => !isKeyId(arg, nth)), '--', ...args.filter(isKeyId)];
}
