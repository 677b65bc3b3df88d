import { Command } from 'commander';
import type { AuditCriteria, AuditRecord } from '#libs/contracts';
import { table } from '../output/output.js';
import { saveNew } from '../output/save-new.js';
import { typeWords } from '../output/words.js';
import { deskOf, participantOf, shortUrn } from '../urn.js';
import { type Surroundings, take, withClient } from './command.js';

/** Criteria as they are typed; the access point says which of them it does not understand. */
interface CriteriaOptions extends Omit<AuditCriteria, 'counterpart' | 'desk' | 'purpose'> {
  readonly reason: string;
  readonly with?: string;
  readonly ofDesk?: string;
  readonly ofPurpose?: AuditCriteria['purpose'];
}

/** Reviewing what was exchanged and who saw it. */
export function auditCommand(surroundings: Surroundings): Command {
  return new Command('audit')
    .description('review what was exchanged and who saw it; every search is in the access log')
    .addCommand(searchCommand(surroundings))
    .addCommand(exportCommand(surroundings))
    .addCommand(proofCommand(surroundings))
    .addCommand(officerCommand(surroundings));
}

function searchCommand(surroundings: Surroundings): Command {
  return withCriteria(new Command('search'))
    .description('what was sent, received, looked at, denied and handed out; newest first')
    .option('--limit <number>', 'at most so many', '50')
    .action(
      withClient<CriteriaOptions & { limit: string }, []>(surroundings, async ({ client, output, options }) => {
        const query = { ...criteriaOf(options), reason: options.reason };
        const records = await take(client.auditRecords(query), options.limit);
        output.show(records, records.length ? table(records.map(recordRow)) : 'None.');
      }),
    );
}

function exportCommand(surroundings: Surroundings): Command {
  return withCriteria(new Command('export'))
    .description('save found records as this participant signs them; npm run verify checks the file offline')
    .option('--review <name>', 'for a joint review: officers by pseudonyms of it, compared by npm run verify -- joint')
    .requiredOption('--to <file>', 'where')
    .action(
      withClient<CriteriaOptions & { to: string; review?: string }, []>(
        surroundings,
        async ({ client, output, options }) => {
          const { reason, review } = options;
          const exported = await client.exportRecords({ ...criteriaOf(options), reason, review });
          const bytes = Buffer.from(JSON.stringify(exported));
          const file = saveNew(options.to, bytes);
          output.show({ file, bytes: bytes.byteLength }, `${file}: ${bytes.byteLength} bytes`);
        },
      ),
    );
}

function proofCommand(surroundings: Surroundings): Command {
  return new Command('access-proof')
    .description('save what proves one entry of the access log; npm run verify -- access checks the file offline')
    .argument('<entry>', 'id of the entry')
    .requiredOption('--reason <text>', 'why, without personal data; it is logged')
    .requiredOption('--to <file>', 'where')
    .action(
      withClient<{ reason: string; to: string }, [string]>(surroundings, async (work, entryId) => {
        const { client, output, options } = work;
        const bytes = Buffer.from(JSON.stringify(await client.proveAccess(entryId, options.reason)));
        const file = saveNew(options.to, bytes);
        output.show({ file, bytes: bytes.byteLength }, `${file}: ${bytes.byteLength} bytes`);
      }),
    );
}

function officerCommand(surroundings: Surroundings): Command {
  return new Command('officer')
    .description('which of your own officers a pseudonym of a joint review stands for')
    .argument('<pseudonym>', 'as an export for the review has it')
    .requiredOption('--review <name>', 'of the joint review')
    .requiredOption('--reason <text>', 'why, without personal data; it is logged')
    .action(
      withClient<{ review: string; reason: string }, [string]>(surroundings, async (work, pseudonym) => {
        const { client, output, options } = work;
        const resolved = await client.resolveOfficer({ ...options, pseudonym });
        output.show(resolved, resolved.officer);
      }),
    );
}

function withCriteria(command: Command): Command {
  return command
    .requiredOption('--reason <text>', 'why, without personal data; it is logged')
    .option('--reference <id>', 'of a leg, a request or a message')
    .option('--with <participant>', 'the other side')
    .option('--of-desk <desk>', 'that sent, or looked')
    .option('--officer <pseudonym>', 'who sent, or looked')
    .option('--of-purpose <code>', 'that was named')
    .option('--from <instant>', 'like 2026-11-22T00:00:00.000Z')
    .option('--until <instant>', 'before that one')
    .option('--action <action>', 'SENT, RECEIVED, STATED, CONSULTED, DENIED, EXPORTED, AUDIT_QUERIED or ERASED')
    .option('--type <type>', 'of the message, or the operation by which somebody looked')
    .option('--ground <code>', 'of a refusal')
    .option('--status <status>', 'of the leg')
    .option('--deadline <state>', 'of the leg: WITHIN, OVERDUE, EXCUSED or NONE')
    .option('--outcome <code>', 'of the leg');
}

function criteriaOf(options: CriteriaOptions): AuditCriteria {
  const { reference, officer, from, until, action, type, ground, status, deadline, outcome } = options;
  return {
    ...{ reference, officer, from, until, action, type, ground, status, deadline, outcome },
    counterpart: options.with && participantOf(options.with),
    desk: options.ofDesk && deskOf(options.ofDesk),
    purpose: options.ofPurpose,
  };
}

const recordRow = ({ at, action, type, officer, desk, legId, leg, code, log }: AuditRecord): string[] => [
  at,
  action,
  typeWords(type),
  officer ?? '',
  desk ? shortUrn(desk) : '',
  legId ?? '',
  leg?.status ?? '',
  code ?? '',
  log ? `leaf ${log.index} of ${log.origin}` : '',
];
