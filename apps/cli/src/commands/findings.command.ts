import { Command } from 'commander';
import { FINDING_KINDS, type FindingKind, type LogFinding, MAX_FINDING_PAGE } from '#libs/contracts';
import { UsageError } from '../failure.js';
import { Output, table } from '../output/output.js';
import { connectOperator, type OperatorOptions } from '../session/operator.js';
import type { Surroundings } from './command.js';

interface FindingsOptions extends OperatorOptions {
  readonly kind?: string;
  readonly after?: string;
  readonly limit: string;
}

/** What the audit log found wrong. */
export function findingsCommand({ config, terminal }: Surroundings): Command {
  return new Command('findings')
    .description('for operators of the hub: what the audit log found wrong, in the order in which it was found')
    .option('--kind <kind>', 'only of this kind, like SEQUENCE_GAP')
    .option('--after <number>', 'go on behind this finding')
    .option('--limit <number>', 'at most so many', '50')
    .option('--keystore <file>', "keystore of the hub's operators; that of the local community unless given")
    .option('--services <list>', 'where the service is: audit=http://127.0.0.1:4104')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<FindingsOptions>();
      const query = { kind: kindOf(options.kind), after: options.after, limit: limitOf(options.limit) };
      const client = (await connectOperator(config, options)).get('audit');
      if (!client) throw new UsageError('Say where audit is: --services audit=<url>.');
      const output = new Output(terminal, options.json === true);
      const page = await client.findings(query);
      const kind = options.kind === undefined ? '' : ` --kind ${options.kind}`;
      output.show(page, page.findings.length > 0 ? linesOf(page.findings) : 'Nothing was found wrong.');
      if (page.next) output.remark(`More: serai findings${kind} --after ${page.next}`);
    });
}

function kindOf(text: string | undefined): FindingKind | undefined {
  const kind = FINDING_KINDS.find((known) => known === text);
  if (text === undefined || kind !== undefined) return kind;
  throw new UsageError(`--kind ${text} is none of ${FINDING_KINDS.join(', ')}.`);
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_FINDING_PAGE) return limit;
  throw new UsageError(`--limit ${text} is no number from 1 to ${MAX_FINDING_PAGE}.`);
}

function linesOf(findings: readonly LogFinding[]): string[] {
  const rows = findings.map(({ id, foundAt, kind, record, producer, number, witness }) => [
    id,
    foundAt,
    kind,
    record ? `${record.topic}/${record.partition}@${record.offset}` : '-',
    [producer ?? witness ?? '-', ...(number === undefined ? [] : [`number ${number}`])].join(', '),
  ]);
  return table([['NUMBER', 'FOUND', 'KIND', 'TOPIC/PARTITION@OFFSET', 'ABOUT'], ...rows]);
}
