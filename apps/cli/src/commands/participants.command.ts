import { Command } from 'commander';
import { v7 } from 'uuid';
import type { SeraiClient } from '#libs/client';
import type { DirectoryChange, DirectoryChanges } from '#libs/contracts';
import { openChange } from '#libs/trust';
import { changeWords, writeNewChanges } from '../changes-file.js';
import { UsageError } from '../failure.js';
import { table } from '../output/output.js';
import { participantOf, shortUrn } from '../urn.js';
import { type Surroundings, type Work, withClient } from './command.js';
import { timeOf } from './keys.command.js';

interface ProposalOptions {
  readonly out: string;
  readonly from?: string;
}

type Admission = Extract<DirectoryChange, { kind: 'participant-admitted' }>;

const NEXT =
  'Two chairs sign it with "serai changes sign"; then the Secretariat hands it in with "serai changes submit".';

/** Who takes part in the community: proposals of the Secretariat, which the chairs sign. */
export function participantsCommand(surroundings: Surroundings): Command {
  const participants = new Command('participants').description('who takes part, and proposals to change that');
  for (const command of [
    listCommand(surroundings),
    admitCommand(surroundings),
    suspendCommand(surroundings),
    readmitCommand(surroundings),
  ]) {
    participants.addCommand(command);
  }
  return participants;
}

const proposing = (name: string): Command =>
  new Command(name)
    .requiredOption('--out <file>', 'new file for the proposed change')
    .option('--from <time>', 'when it begins; now unless given');

function listCommand(surroundings: Surroundings): Command {
  return new Command('list').description('who takes part now').action(
    withClient(surroundings, async ({ client, output }) => {
      const found = await client.participants();
      output.show(found, table(found.map(({ participant, type, name }) => [shortUrn(participant), type, name])));
    }),
  );
}

function admitCommand(surroundings: Surroundings): Command {
  return proposing('admit')
    .description('propose to admit a new participant')
    .argument('<participant>', 'like de')
    .requiredOption('--name <name>', 'what it is called')
    .option('--type <type>', 'MEMBER, OBSERVER, PARTNER_ORG or REPORTER', 'MEMBER')
    .option('--country <code>', 'ISO 3166-1, two letters; none for organisations')
    .action(
      withClient<
        ProposalOptions & { name: string; type: Admission['participant']['type']; country?: string },
        [string]
      >(surroundings, async (work, text) => {
        const { name, type, country } = work.options;
        const participant = { id: participantOf(text), type, name, routeRoles: [], ...(country ? { country } : {}) };
        await propose(work, participant);
      }),
    );
}

function suspendCommand(surroundings: Surroundings): Command {
  return proposing('suspend')
    .description(
      'propose to suspend a participant: nothing of it is taken, and nothing is handed to it, until it is readmitted',
    )
    .argument('<participant>', 'like iq')
    .action(
      withClient<ProposalOptions, [string]>(surroundings, async (work, text) => {
        const { participant } = await lastAdmission(work.client, participantOf(text));
        await propose(work, { ...participant, type: 'SUSPENDED' });
      }),
    );
}

function readmitCommand(surroundings: Surroundings): Command {
  return proposing('readmit')
    .description('propose to readmit a suspended participant as what it was')
    .argument('<participant>', 'like iq')
    .action(
      withClient<ProposalOptions, [string]>(surroundings, async (work, text) => {
        const { participant } = await lastAdmission(work.client, participantOf(text));
        await propose(work, participant);
      }),
    );
}

/** The newest change that admitted the participant, suspensions passed over. */
async function lastAdmission(client: SeraiClient, id: string): Promise<Admission> {
  const { changes }: DirectoryChanges = await client.directoryChanges();
  const found = changes
    .map((signed) => openChange(signed).change)
    .findLast(
      (change): change is Admission =>
        change.kind === 'participant-admitted' &&
        change.participant.id === id &&
        change.participant.type !== 'SUSPENDED',
    );
  if (found) return found;
  throw new UsageError(`${id} was never admitted.`);
}

async function propose(
  { client, output, options }: Work<ProposalOptions>,
  participant: Admission['participant'],
): Promise<void> {
  const { realm } = await client.directoryChanges();
  const effectiveFrom = options.from === undefined ? new Date().toISOString() : timeOf(options.from);
  const change: Admission = { id: v7(), realm, effectiveFrom, kind: 'participant-admitted', participant };
  writeNewChanges(options.out, [change]);
  output.show({ changes: [change] }, await changeWords(change));
  output.remark(`Written to ${options.out}. ${NEXT}`);
}
