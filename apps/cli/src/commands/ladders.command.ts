import { Command } from 'commander';
import { v7 } from 'uuid';
import type { OperatorClient } from '#libs/client';
import type { CommunityLadder, Ladder } from '#libs/contracts';
import { UsageError } from '../failure.js';
import { Output, table } from '../output/output.js';
import { connectOperator, type OperatorOptions } from '../session/operator.js';
import { readJson, type Surroundings } from './command.js';
import { timeOf } from './keys.command.js';

interface SetOptions extends OperatorOptions {
  readonly file: string;
  readonly reason: string;
  readonly from?: string;
  readonly id?: string;
}

/** The ladder that desks have which set none of their own. */
export function laddersCommand({ config, terminal }: Surroundings): Command {
  const connect = async (options: OperatorOptions): Promise<OperatorClient> => {
    const client = (await connectOperator(config, options)).get('notifications');
    if (!client) throw new UsageError('Say where notifications is: --services notifications=<url>.');
    return client;
  };
  const list = new Command('list')
    .description('the ladders of the community, newest first, and who set them')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<OperatorOptions>();
      const { ladders } = await (await connect(options)).ladders();
      new Output(terminal, options.json === true).show(ladders, linesOf(ladders, new Date()));
    });
  const set = new Command('set')
    .description('set the ladder of desks that set none, for what is delivered from then on')
    .requiredOption('--file <file>', 'JSON of the steps (docs/operations.md), - for standard input')
    .requiredOption('--reason <text>', 'why, in a sentence without personal data')
    .option('--from <time>', 'when it begins; now unless given')
    .option('--id <uuid>', 'of an order that is repeated because its answer was lost')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<SetOptions>();
      const { file, reason, from, id: ladderId = v7() } = options;
      const effectiveFrom = from === undefined ? {} : { effectiveFrom: timeOf(from) };
      const order = { ladderId, ladder: readJson<Ladder>(file), reason, ...effectiveFrom };
      const kept = await (await connect(options)).setLadder(order);
      new Output(terminal, options.json === true).show(kept, linesOf([kept], new Date()));
    });
  const ladders = new Command('ladders').description(
    'for operators of the hub: who is told when nobody opens an urgent leg, at desks that have not said so',
  );
  for (const command of [list, set]) {
    command
      .option('--keystore <file>', "keystore of the hub's operators; that of the local community unless given")
      .option('--services <list>', 'where the service is: notifications=http://127.0.0.1:4103');
    ladders.addCommand(command);
  }
  return ladders;
}

function linesOf(ladders: readonly CommunityLadder[], now: Date): string[] {
  const inForce = ladders.find(({ effectiveFrom }) => new Date(effectiveFrom) <= now);
  const rows = ladders.map((one) => [
    one.effectiveFrom,
    one === inForce ? 'in force' : new Date(one.effectiveFrom) > now ? 'to come' : 'over',
    one.ladder.map(({ rung, afterMinutes }) => `${rung} after ${afterMinutes} min`).join(', '),
    one.set ? `${one.set.reason} (${one.set.at}, key ${one.set.by})` : 'Came with the software.',
  ]);
  return table([['FROM', 'NOW', 'STEPS', 'SET'], ...rows]);
}
