import { Command } from 'commander';
import { erasureReason, type HoldView } from '#libs/contracts';
import { UsageError } from '../failure.js';
import { table } from '../output/output.js';
import { type Surroundings, take, withClient } from './command.js';

/** Erasing what people wrote about a leg, and keeping it from being erased. */
export function erasureCommands(surroundings: Surroundings): Command[] {
  return [eraseCommand, holdCommand, releaseCommand, holdsCommand].map((command) => command(surroundings));
}

function eraseCommand(surroundings: Surroundings): Command {
  return new Command('erase')
    .description(
      'erase everything that people wrote about a leg that has ended, here and for ever; signed messages stay',
    )
    .argument('<leg>', 'id of the leg')
    .requiredOption('--reason <code>', erasureReason.options.join(', '))
    .action(
      withClient<{ reason: string }, [string]>(surroundings, async ({ client, output, options }, legId) => {
        const reason = erasureReason.safeParse(options.reason.toUpperCase()).data;
        if (!reason) throw new UsageError(`--reason is one of ${erasureReason.options.join(', ')}.`);
        const erased = await client.eraseLeg(legId, { reason });
        output.show(
          erased,
          `${legId} erased at ${erased.erasedAt}: ${erased.records} keys destroyed (${erased.reason})`,
        );
      }),
    );
}

function holdCommand(surroundings: Surroundings): Command {
  return new Command('hold')
    .description('keep a leg from being erased, also when its time is over')
    .argument('<leg>', 'id of the leg')
    .requiredOption('--reason <text>', 'why, without personal data')
    .action(
      withClient<{ reason: string }, [string]>(surroundings, async ({ client, output, options }, legId) => {
        const hold = await client.holdLeg(legId, { reason: options.reason });
        output.show(hold, table([holdRow(hold)]));
      }),
    );
}

function releaseCommand(surroundings: Surroundings): Command {
  return new Command('release')
    .description('end a hold')
    .argument('<leg>', 'id of the leg')
    .argument('<hold>', 'id of the hold')
    .requiredOption('--reason <text>', 'why, without personal data')
    .action(
      withClient<{ reason: string }, [string, string]>(surroundings, async (work, legId, holdId) => {
        const { client, output, options } = work;
        const hold = await client.releaseHold({ legId, holdId }, { reason: options.reason });
        output.show(hold, table([holdRow(hold)]));
      }),
    );
}

function holdsCommand(surroundings: Surroundings): Command {
  return new Command('holds')
    .description('holds on a leg, newest first')
    .argument('<leg>', 'id of the leg')
    .option('--limit <number>', 'at most so many', '20')
    .action(
      withClient<{ limit: string }, [string]>(surroundings, async ({ client, output, options }, legId) => {
        const found = await take(client.holds(legId), options.limit);
        output.show(found, found.length ? table(found.map(holdRow)) : 'None.');
      }),
    );
}

function holdRow({ holdId, placedAt, placedBy, reason, released }: HoldView): string[] {
  return [holdId, placedAt, placedBy, reason, released ? `released ${released.at} by ${released.by}` : 'STANDS'];
}
