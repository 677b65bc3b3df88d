import { Command } from 'commander';
import type { RequestKind } from '#libs/contracts';
import { table } from '../output/output.js';
import { participantOf, shortUrn } from '../urn.js';
import { type Surroundings, withClient } from './command.js';

export function directoryCommands(surroundings: Surroundings): Command[] {
  const routes = new Command('routes')
    .description('what agreements allow to ask from here, and of whom')
    .option('--to <participants>', 'one or several with commas: iq,tr')
    .option('--kind <kind>', 'kind of request, like IDENTITY')
    .action(
      withClient<{ to?: string; kind?: RequestKind }, []>(surroundings, async ({ client, output, options }) => {
        const to = options.to?.split(',').map(participantOf).join(',');
        const found = await client.routes({ to, kind: options.kind });
        const rows = found.map(({ participant, kind, agreement }) => [shortUrn(participant), kind, agreement.title]);
        output.show(found, rows.length ? table(rows) : 'No agreement in force allows that.');
      }),
    );
  const desks = new Command('desks')
    .description('open desks of a participant, or of all')
    .argument('[participant]', 'like iq')
    .action(
      withClient<object, [string?]>(surroundings, async ({ client, output }, participant) => {
        const found = await client.desks({ participant: participant && participantOf(participant) });
        const rows = found.map(({ desk, kind, name, languages }) => [shortUrn(desk), kind, languages.join(','), name]);
        output.show(found, table(rows));
      }),
    );
  const directory = new Command('directory')
    .description('every signed change of the directory as JSON, for verify-envelope')
    .action(
      withClient(surroundings, async ({ client, output }) => {
        const changes = await client.directoryChanges();
        output.show(changes, JSON.stringify(changes));
      }),
    );
  return [routes, desks, directory];
}
