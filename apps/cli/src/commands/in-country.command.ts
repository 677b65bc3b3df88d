import { Command } from 'commander';
import { table } from '../output/output.js';
import { deskOf } from '../urn.js';
import { type Surroundings, take, withClient } from './command.js';

interface AssignOptions {
  readonly unit: string;
  readonly toDesk?: string;
  readonly due?: string;
  readonly instruction?: string;
}

const LEG = ['<leg>', 'id of the leg'] as const;
const MOST = '200';

/** What never leaves the country. */
export function inCountryCommands(surroundings: Surroundings): Command[] {
  const assign = new Command('assign')
    .description('give the leg to a unit inside the country')
    .argument(...LEG)
    .requiredOption('--unit <name>', 'like "CID Erbil"')
    .option('--to-desk <desk>', 'own desk whose investigators may then read it, like iq:investigation')
    .option('--due <time>', 'RFC 3339')
    .option('--instruction <text>')
    .action(
      withClient<AssignOptions, [string]>(surroundings, async ({ client, output, options }, legId) => {
        const { unit, toDesk, due, instruction } = options;
        const dueAt = due === undefined ? undefined : new Date(due).toISOString();
        const body = { unit, dueAt, instruction, desk: toDesk === undefined ? undefined : deskOf(toDesk) };
        const assigned = await client.assign(legId, body);
        output.show(assigned, `Assigned to ${assigned.unit}; that stays in the country.`);
      }),
    );
  const assignments = new Command('assignments')
    .description('units that the leg was given to')
    .argument(...LEG)
    .action(
      withClient<object, [string]>(surroundings, async ({ client, output }, legId) => {
        const found = await take(client.assignments(legId), MOST);
        const rows = found.map(({ assignedBy, unit, instruction }) => [assignedBy.createdAt, unit, instruction ?? '']);
        output.show(found, rows.length ? table(rows) : 'None.');
      }),
    );
  const note = new Command('note')
    .description('write an internal note')
    .argument(...LEG)
    .requiredOption('--text <text>')
    .action(
      withClient<{ text: string }, [string]>(surroundings, async ({ client, output, options }, legId) => {
        output.show(await client.addNote(legId, options.text), 'Noted; that stays in the country.');
      }),
    );
  const notes = new Command('notes')
    .description('internal notes on the leg')
    .argument(...LEG)
    .action(
      withClient<object, [string]>(surroundings, async ({ client, output }, legId) => {
        const found = await take(client.notes(legId), MOST);
        const rows = found.map(({ writtenBy, text }) => [writtenBy.createdAt, writtenBy.officer, text]);
        output.show(found, rows.length ? table(rows) : 'None.');
      }),
    );
  return [assign, assignments, note, notes];
}
