import { join } from 'node:path';
import { type ExportReader, readZip, verifyExport } from '#libs/evidence';
import { isFolder, readIfThere, readInput, readPolicy, understood } from '../input.js';
import { printVerdict } from '../output.js';
import type { Terminal } from '../usage.js';
import { type Arguments, required } from './arguments.js';

/** `verify export <folder or zip> --policy <file>` */
export async function exportCommand(args: Arguments, terminal: Terminal): Promise<boolean> {
  const [place] = args.positionals;
  const policy = readPolicy(required(args, 'policy'));
  const verdict = await verifyExport(readerOf(place!), policy);
  printVerdict(terminal, verdict, {
    json: args.json,
    wordsOf: ({ origin, size, opened, witnesses }) => [
      `COMPLETE  ${origin}: these are all ${size} entries up to the checkpoint that ${witnesses.join(', ') || 'nobody else'} cosigned; ${opened} of them were opened`,
    ],
  });
  return verdict.holds;
}

function readerOf(place: string): ExportReader {
  if (isFolder(place)) return async (path) => readIfThere(join(place, path));
  const bytes = readInput(place);
  const { files } = understood(place, 'a log export', () => readZip(bytes));
  return async (path) => files.get(path);
}
