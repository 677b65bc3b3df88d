import { Command } from 'commander';
import { isSeraiProblem, type OperatorClient } from '#libs/client';
import { MAX_PARKED_PAGE, PARKING_SERVICES, type ParkedRecord, type ReplayResult } from '#libs/contracts';
import { Refusal, UsageError } from '../failure.js';
import { Output, table } from '../output/output.js';
import { connectOperator, type OperatorOptions } from '../session/operator.js';
import type { Surroundings } from './command.js';

interface ListOptions extends OperatorOptions {
  readonly service?: string;
  readonly topic?: string;
  readonly code?: string;
  readonly after?: string;
  readonly limit: string;
  readonly discarded?: boolean;
}

interface ReplayOptions extends OperatorOptions {
  readonly all?: boolean;
}

interface DiscardOptions extends OperatorOptions {
  readonly reason: string;
  readonly releaseKey?: boolean;
}

type Replayed = ReplayResult & { readonly id: string };

export function parkedCommand(surroundings: Surroundings): Command {
  const parked = new Command('parked').description(
    'for operators of the hub: records that a service has set aside, without what they say',
  );
  for (const command of [listCommand(surroundings), replayCommand(surroundings), discardCommand(surroundings)]) {
    command
      .option('--keystore <file>', "keystore of the hub's operators; that of the local community unless given")
      .option('--services <list>', 'where the services are: requests=http://127.0.0.1:4102,...');
    parked.addCommand(command);
  }
  return parked;
}

function listCommand({ config, terminal }: Surroundings): Command {
  return new Command('list')
    .description('what is parked: where it lies, its size and why')
    .option('--service <service>', 'only of this service')
    .option('--topic <topic>', 'only of this topic')
    .option('--code <code>', 'only with this code, like ERR_ENVELOPE_SIGNATURE')
    .option('--after <number>', 'go on behind this record; needs --service')
    .option('--limit <number>', 'at most so many of each service', '50')
    .option('--discarded', 'those that were discarded, with the reason that was given')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      const output = new Output(terminal, options.json === true);
      const limit = limitOf(options.limit);
      if (options.after && !options.service) throw new UsageError('--after needs --service.');
      const clients = chosen(await connectOperator(config, options), options.service);
      const { after, topic, code, discarded } = options;
      const records: (ParkedRecord & { service: string })[] = [];
      const more: { service: string; after: string }[] = [];
      for (const [service, client] of clients) {
        const page = await client.parked({ after, topic, code, limit, discarded });
        records.push(...page.records.map((record) => ({ service, ...record })));
        if (page.next) more.push({ service, after: page.next });
      }
      output.show(
        { records, more },
        records.length > 0 ? linesOf(records) : `Nothing is ${discarded ? 'discarded' : 'parked'}.`,
      );
      for (const next of more) output.remark(`More: serai parked list --service ${next.service} --after ${next.after}`);
    });
}

function replayCommand({ config, terminal }: Surroundings): Command {
  return new Command('replay')
    .description('give a parked record to its service again, then those that wait behind it, in order')
    .argument('<service>', 'like requests')
    .argument('[number]', 'number of the record, as list shows it')
    .option('--all', 'every record of the service that waits for no other')
    .action(async (service: string, number: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ReplayOptions>();
      if ((number === undefined) === (options.all !== true)) throw new UsageError('Give a number, or --all.');
      const output = new Output(terminal, options.json === true);
      const [[, client]] = chosen(await connectOperator(config, options), service) as [[string, OperatorClient]];
      const results = number === undefined ? await replayAll(client) : [await replayOne(client, number)];
      output.show(results, results.length > 0 ? results.map(resultLine) : 'Nothing is parked.');
      const failed = results.flatMap(({ stopped }) => (stopped ? [stopped] : []));
      if (failed[0])
        throw new Refusal(failed[0].code, `${failed.length} of ${results.length} failed again and stay parked.`);
    });
}

function discardCommand({ config, terminal }: Surroundings): Command {
  return new Command('discard')
    .description('close a parked record that can never verify; it is kept, with your key and reason')
    .argument('<service>', 'like requests')
    .argument('<number>', 'number of the record, as list shows it')
    .requiredOption('--reason <text>', 'why, in a sentence without personal data')
    .option('--release-key', 'let later records of its aggregate through without it; those that wait are replayed')
    .action(async (service: string, id: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<DiscardOptions>();
      const output = new Output(terminal, options.json === true);
      const [[, client]] = chosen(await connectOperator(config, options), service) as [[string, OperatorClient]];
      const { reason, releaseKey = false } = options;
      const result = { id, ...(await client.discard(id, { reason, releaseKey })) };
      output.show(result, `${id}: discarded. Of those behind it, ${resultLine(result).slice(id.length + 2)}`);
    });
}

const replayOne = async (client: OperatorClient, id: string): Promise<Replayed> => ({
  id,
  ...(await client.replay(id)),
});

/** Each record once, from the first that was parked: what fails again is not tried a second time. */
async function replayAll(client: OperatorClient): Promise<Replayed[]> {
  const results: Replayed[] = [];
  for await (const { id, code } of client.everyParked()) {
    if (code === 'ERR_KEY_PARKED') continue;
    try {
      results.push(await replayOne(client, id));
    } catch (error) {
      // Somebody else was faster.
      if (!isSeraiProblem(error, 'ERR_REQUEST_NOT_FOUND')) throw error;
    }
  }
  return results;
}

function chosen(
  clients: ReadonlyMap<string, OperatorClient>,
  service: string | undefined,
): readonly (readonly [string, OperatorClient])[] {
  const parking = [...clients].filter(([name]) => PARKING_SERVICES.some((known) => known === name));
  const found = parking.filter(([name]) => service === undefined || name === service);
  if (found.length > 0) return found;
  const names = parking.map(([name]) => name);
  throw new UsageError(`There is no service "${service}". There are: ${names.join(', ')}.`);
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PARKED_PAGE) return limit;
  throw new UsageError(`--limit ${text} is no number from 1 to ${MAX_PARKED_PAGE}.`);
}

function linesOf(records: readonly (ParkedRecord & { service: string })[]): string[] {
  const rows = records.map(({ service, id, topic, partition, offset, bytes, parkedAt, code, reason, discarded }) => [
    service,
    id,
    `${topic}/${partition}@${offset}`,
    `${bytes} bytes`,
    parkedAt,
    code,
    discarded ? `Discarded ${discarded.at}: ${discarded.reason}` : reason,
  ]);
  return table([['SERVICE', 'NUMBER', 'TOPIC/PARTITION@OFFSET', 'SIZE', 'PARKED', 'CODE', 'REASON'], ...rows]);
}

function resultLine({ id, replayed, stopped }: Replayed): string {
  const handled = `${id}: ${replayed} ${replayed === 1 ? 'record' : 'records'} handled`;
  return stopped
    ? `${handled}; ${stopped.id} failed again and stays parked: ${stopped.reason} (${stopped.code})`
    : handled;
}
