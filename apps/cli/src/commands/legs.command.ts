import { Command } from 'commander';
import type { z } from 'zod';
import type { requestLegStatus } from '#libs/contracts';
import { UsageError } from '../failure.js';
import { table } from '../output/output.js';
import { saveNew } from '../output/save-new.js';
import { legLines, legRow } from '../output/words.js';
import { deskOf } from '../urn.js';
import { addresseeActs } from './addressee-acts.command.js';
import { type Surroundings, take, withClient } from './command.js';
import { erasureCommands } from './erasure.command.js';
import { inCountryCommands } from './in-country.command.js';
import { receiptCommand } from './receipt.command.js';
import { requesterActs } from './requester-acts.command.js';

interface ListOptions {
  readonly direction?: 'incoming' | 'outgoing';
  readonly status?: z.infer<typeof requestLegStatus>;
  readonly ofDesk?: string;
  readonly overdue?: boolean;
  readonly sort?: 'due' | 'newest';
  readonly limit: string;
}

export function legsCommand(surroundings: Surroundings): Command {
  const legs = new Command('legs').description('one leg = one addressee of a request, with its own state and clock');
  for (const command of [
    listCommand(surroundings),
    ...readCommands(surroundings),
    ...addresseeActs(surroundings),
    ...requesterActs(surroundings),
    ...inCountryCommands(surroundings),
    ...erasureCommands(surroundings),
  ]) {
    legs.addCommand(command);
  }
  return legs;
}

function listCommand(surroundings: Surroundings): Command {
  return new Command('list')
    .description('legs of your desks')
    .option('--direction <direction>', 'incoming or outgoing')
    .option('--status <status>', 'like DELIVERED')
    .option('--of-desk <desk>', 'like iq:ncc')
    .option('--overdue', 'only those whose time is over')
    .option('--sort <order>', 'due (least time first) or newest', 'newest')
    .option('--limit <number>', 'at most so many', '20')
    .action(
      withClient<ListOptions, []>(surroundings, async ({ client, output, options }) => {
        const { direction, status, sort, ofDesk } = options;
        const overdue = options.overdue ? 'true' : undefined;
        const query = { direction, status, sort, overdue, desk: ofDesk && deskOf(ofDesk) };
        const found = await take(client.legs(query), options.limit);
        output.show(found, found.length ? table(found.map(legRow)) : 'None.');
      }),
    );
}

function readCommands(surroundings: Surroundings): Command[] {
  const show = new Command('show')
    .description('state, clock and messages of a leg, and what you may do')
    .argument('<leg>', 'id of the leg')
    .action(
      withClient<object, [string]>(surroundings, async ({ client, output }, legId) => {
        const leg = await client.leg(legId);
        output.show(leg, legLines(leg, table));
      }),
    );
  const read = new Command('read')
    .description('content of the request, or of another message of the leg; the look is logged')
    .argument('<leg>', 'id of the leg')
    .argument('[message]', 'id of the message')
    .action(
      withClient<object, [string, string?]>(surroundings, async ({ client, output }, legId, given) => {
        const first = async () => (await client.leg(legId)).messages.find(({ hasContent }) => hasContent)?.envelopeId;
        const envelopeId = given ?? (await first());
        if (!envelopeId) throw new UsageError('This leg has no message with content.');
        const read = await client.content(legId, envelopeId);
        output.show(read, JSON.stringify(read.content, undefined, 2));
      }),
    );
  const proof = new Command('proof')
    .description('signed bytes of a message and of what the hub said to it, for verify-envelope')
    .argument('<leg>', 'id of the leg')
    .argument('<message>', 'id of the message')
    .action(
      withClient<object, [string, string]>(surroundings, async ({ client, output }, legId, envelopeId) => {
        const found = await client.proof(legId, envelopeId);
        output.show(found, JSON.stringify(found));
      }),
    );
  const evidence = new Command('evidence')
    .description(
      'save what proves the leg to a stranger: one zip, which npm run verify checks offline; the export is logged',
    )
    .argument('<leg>', 'id of the leg')
    .option('--to <file>', 'where; evidence-<leg>.zip in this folder unless given')
    .action(
      withClient<{ to?: string }, [string]>(surroundings, async ({ client, output, options }, legId) => {
        const pack = await client.evidence(legId);
        const file = saveNew(options.to ?? `evidence-${legId}.zip`, pack);
        output.show({ file, bytes: pack.byteLength }, `${file}: ${pack.byteLength} bytes`);
      }),
    );
  return [show, read, proof, receiptCommand(surroundings), evidence];
}
