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
import { NEXT_BY_SECRETARIAT, timeOf } from './keys.command.js';

interface ProposalOptions {
  readonly out: string;
  readonly from?: string;
}

type Admission = Extract<DirectoryChange, { kind: 'participant-admitted' }>;
type Participant = Admission['participant'];

interface AdmissionOptions {
  readonly name: string;
  readonly type: Participant['type'];
  readonly country?: string;
  readonly routeRoles: string;
}

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
  return new Command('list').description('who takes part, and who is suspended').action(
    withClient(surroundings, async ({ client, output }) => {
      const admissions = await admissionsOf(client);
      const found = [...admissions.values()].map((ofOne) => ofOne.findLast(isInForce) ?? ofOne.at(-1)!);
      const rows = found.map(({ participant: { id, type, name }, effectiveFrom }) => [
        shortUrn(id),
        type,
        name,
        isInForce({ effectiveFrom }) ? '' : `from ${effectiveFrom}`,
      ]);
      output.show(
        found.map(({ participant }) => participant),
        table(rows),
      );
    }),
  );
}

function admitCommand(surroundings: Surroundings): Command {
  return proposing('admit')
    .description('propose to admit a new participant')
    .argument('<participant>', 'like de')
    .requiredOption('--name <name>', 'what it is called')
    .option('--type <type>', 'MEMBER, OBSERVER, PARTNER_ORG or REPORTER', 'MEMBER')
    .option('--country <code>', 'ISO 3166-1, like DE; none for organisations')
    .option('--route-roles <roles>', 'ORIGIN, TRANSIT, DESTINATION, with commas between', '')
    .action(
      withClient<ProposalOptions & AdmissionOptions, [string]>(surroundings, async (work, text) => {
        const { name, type, country, routeRoles } = work.options;
        const id = participantOf(text);
        if ((await admissionsOf(work.client)).has(id)) {
          throw new UsageError(`${shortUrn(id)} has been admitted before: readmit it.`);
        }
        if (country !== undefined && !/^[A-Z]{2}$/.test(country)) {
          throw new UsageError(`--country ${country} is not two capital letters, like DE.`);
        }
        const roles = routeRoles.split(',').filter((role) => role !== '') as Participant['routeRoles'];
        await propose(work, { id, type, name, routeRoles: roles, ...(country ? { country } : {}) });
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
        const { participant } = await asItWas(work.client, participantOf(text), { suspended: false });
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
        const { participant } = await asItWas(work.client, participantOf(text), { suspended: true });
        await propose(work, participant);
      }),
    );
}

const isInForce = ({ effectiveFrom }: Pick<Admission, 'effectiveFrom'>): boolean =>
  Date.parse(effectiveFrom) <= Date.now();

/** Every admission and suspension of each participant, in the order of the directory. */
async function admissionsOf(client: SeraiClient): Promise<ReadonlyMap<string, Admission[]>> {
  const { changes }: DirectoryChanges = await client.directoryChanges();
  const admissions = changes
    .map((signed) => openChange(signed).change)
    .filter((change): change is Admission => change.kind === 'participant-admitted');
  return Map.groupBy(admissions, ({ participant }) => participant.id);
}

/** The newest admission of a participant, suspensions passed over; refused when it is suspended or not, as asked. */
async function asItWas(client: SeraiClient, id: string, { suspended }: { suspended: boolean }): Promise<Admission> {
  const admissions = (await admissionsOf(client)).get(id) ?? [];
  const isSuspended = admissions.at(-1)?.participant.type === 'SUSPENDED';
  const found = admissions.findLast(({ participant }) => participant.type !== 'SUSPENDED');
  if (!found) throw new UsageError(`${shortUrn(id)} was never admitted.`);
  if (isSuspended !== suspended) {
    throw new UsageError(`${shortUrn(id)} is ${isSuspended ? 'suspended already' : 'not suspended'}.`);
  }
  return found;
}

async function propose({ client, output, options }: Work<ProposalOptions>, participant: Participant): Promise<void> {
  const { realm } = await client.directoryChanges();
  const effectiveFrom = options.from === undefined ? new Date().toISOString() : timeOf(options.from);
  const change: Admission = { id: v7(), realm, effectiveFrom, kind: 'participant-admitted', participant };
  writeNewChanges(options.out, [change]);
  output.show({ changes: [change] }, await changeWords(change));
  output.remark(`Written to ${options.out}. ${NEXT_BY_SECRETARIAT}`);
}
