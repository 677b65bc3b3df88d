import { Command } from 'commander';
import { UsageError } from '../failure.js';
import { Output, table } from '../output/output.js';
import { connectOperator, type OperatorOptions } from '../session/operator.js';
import type { Surroundings } from './command.js';

const NEWEST = 50;

/** What participants report about their feeds. */
export function disputesCommand({ config, terminal }: Surroundings): Command {
  return new Command('disputes')
    .description('for operators of the hub: reports of participants that their feed does not fit, newest first')
    .option('--keystore <file>', "keystore of the hub's operators; that of the local community unless given")
    .option('--services <list>', 'where the service is: notifications=http://127.0.0.1:4103')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<OperatorOptions>();
      const client = (await connectOperator(config, options)).get('notifications');
      if (!client) throw new UsageError('Say where notifications is: --services notifications=<url>.');
      const { disputes } = await client.feedDisputes(NEWEST);
      const rows = disputes.map(({ reportedAt, participant, afterSequence, fault, finding }) => [
        reportedAt,
        participant,
        String(afterSequence),
        fault,
        finding,
      ]);
      const lines = table([['REPORTED', 'PARTICIPANT', 'GOOD UP TO', 'FAULT', 'FOUND HERE'], ...rows]);
      new Output(terminal, options.json === true).show(disputes, rows.length > 0 ? lines : 'No feed is disputed.');
    });
}
