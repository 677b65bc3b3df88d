import { closeSync, existsSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { Command } from 'commander';
import type { StatisticsWithDirectory } from '#libs/contracts';
import { basisSizeOf, serialiseBasisLeaf } from '#libs/evidence';
import { UsageError } from '../failure.js';
import { saveNew } from '../output/save-new.js';
import { readJson, type Surroundings, withClient } from './command.js';

interface IssueOptions {
  readonly from: string;
  readonly until: string;
  readonly reason: string;
  readonly to: string;
}

interface BasisOptions {
  readonly reason: string;
  readonly to: string;
}

/** Counting what was exchanged, and showing what was counted: for the Secretariat. */
export function statisticsCommand(surroundings: Surroundings): Command {
  return new Command('statistics')
    .description('what was exchanged in a period, counted from the log; for the Secretariat')
    .addCommand(issueCommand(surroundings))
    .addCommand(basisCommand(surroundings));
}

function issueCommand(surroundings: Surroundings): Command {
  return new Command('issue')
    .description('save the statistics of a period as the hub signs them')
    .requiredOption('--from <instant>', 'like 2026-07-01T00:00:00.000Z')
    .requiredOption('--until <instant>', 'before that one, which is over')
    .requiredOption('--reason <text>', 'why, without personal data; it is logged')
    .requiredOption('--to <file>', 'where')
    .action(
      withClient<IssueOptions, []>(surroundings, async ({ client, output, options }) => {
        const { from, until, reason, to } = options;
        const bytes = Buffer.from(JSON.stringify(await client.issueStatistics({ from, to: until, reason })));
        const file = saveNew(to, bytes);
        output.show({ file, bytes: bytes.byteLength }, `${file}: ${bytes.byteLength} bytes`);
      }),
    );
}

function basisCommand(surroundings: Surroundings): Command {
  return new Command('basis')
    .argument('<statistics>', 'file of "statistics issue"')
    .description('save what they were counted from; npm run verify counts it again, offline')
    .requiredOption('--reason <text>', 'why, without personal data; it is logged')
    .requiredOption('--to <file>', 'where')
    .action(
      withClient<BasisOptions, [string]>(surroundings, async ({ client, output, options }, statistics) => {
        const size = basisSizeOf(readJson<StatisticsWithDirectory>(statistics).statement);
        const lines = linesOf(client.statisticsBasis(size, options.reason));
        const file = await saveLines(options.to, lines);
        output.show({ file, leaves: size }, `${file}: ${size} leaves`);
      }),
    );
}

async function* linesOf(leaves: AsyncIterable<Parameters<typeof serialiseBasisLeaf>[0]>): AsyncGenerator<string> {
  for await (const leaf of leaves) yield serialiseBasisLeaf(leaf);
}

/** As `saveNew`, however many there are. */
async function saveLines(file: string, lines: AsyncIterable<string>): Promise<string> {
  if (existsSync(file)) throw new UsageError(`${file} exists already; say --to where to save.`);
  const descriptor = openSync(`${file}.part`, 'w', 0o600);
  try {
    for await (const line of lines) writeSync(descriptor, `${line}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${file}.part`, file);
  return file;
}
