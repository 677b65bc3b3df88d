import { verifyAccess } from '#libs/evidence';
import { readInput, readRoots } from '../input.js';
import { printVerdict } from '../output.js';
import type { Terminal } from '../usage.js';
import { type Arguments, required } from './arguments.js';

/** `verify access <file> --roots <file>` */
export async function accessCommand(args: Arguments, terminal: Terminal): Promise<boolean> {
  const [file] = args.positionals;
  const roots = readRoots(required(args, 'roots'));
  const verdict = await verifyAccess(readInput(file!), { roots });
  printVerdict(terminal, verdict, {
    json: args.json,
    wordsOf: ({ participant, entry, recordedAt, witnessedAt }) => [
      `LOOKED    ${participant}, ${entry.officer}, ${entry.at}: ${entry.action} ${entry.operation}${entry.legId === null ? '' : `, leg ${entry.legId}`}`,
      `RECORDED  ${recordedAt}, witnessed ${witnessedAt}`,
    ],
  });
  return verdict.holds;
}
