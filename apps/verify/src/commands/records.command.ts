import { verifyRecords } from '#libs/evidence';
import { readInput, readRoots } from '../input.js';
import { printVerdict } from '../output.js';
import type { Terminal } from '../usage.js';
import { type Arguments, required } from './arguments.js';

/** `verify records <file> --roots <file>` */
export async function recordsCommand(args: Arguments, terminal: Terminal): Promise<boolean> {
  const [file] = args.positionals;
  const roots = readRoots(required(args, 'roots'));
  const verdict = await verifyRecords(readInput(file!), { roots });
  printVerdict(terminal, verdict, {
    json: args.json,
    wordsOf: ({ participant, exportedAt, by, count, complete }) => [
      `STATED    ${participant}, ${exportedAt}, asked by ${by}: ${count} records, ${complete ? 'all that were found' : 'the newest of more'}`,
    ],
  });
  return verdict.holds;
}
