import { leafEntry, parseLeafOpening, verifyProof } from '#libs/evidence';
import { readInput, readPolicy, understood } from '../input.js';
import { printVerdict } from '../output.js';
import { type Terminal, UsageError } from '../usage.js';
import { type Arguments, flag, required } from './arguments.js';

const SALT = /^[0-9a-f]{64}$/;

/** `verify proof <.tlog-proof> --policy <file> (--entry <file> | --opening <file> | --record <file> --salt <hex>)` */
export async function proofCommand(args: Arguments, terminal: Terminal): Promise<boolean> {
  const [file] = args.positionals;
  const policy = readPolicy(required(args, 'policy'));
  const entry = entryOf(args);
  const verdict = await verifyProof(readInput(file!), { entry, policy });
  printVerdict(terminal, verdict, {
    json: args.json,
    wordsOf: ({ origin, index, size, witnesses }) => [
      `IN THE LOG  ${origin}, leaf ${index} of ${size}, cosigned by ${witnesses.join(', ') || 'nobody: the policy asks for none'}`,
    ],
  });
  return verdict.holds;
}

function entryOf(args: Arguments): Uint8Array {
  const [entry, opening, record, salt] = ['entry', 'opening', 'record', 'salt'].map((name) => flag(args, name));
  const ways = [entry, opening, record ?? salt].filter((way) => way !== undefined).length;
  if (ways !== 1)
    throw new UsageError(
      'Say what is in the log: --entry <file>, or --opening <file>, or --record <file> with --salt <hex>.',
    );
  if (entry !== undefined) return readInput(entry);
  if (opening !== undefined) return opened(opening, readInput(opening));
  if (record === undefined || salt === undefined || !SALT.test(salt)) {
    throw new UsageError('--record <file> and --salt <64 hexadecimal digits> belong together.');
  }
  const base64url = Buffer.from(salt, 'hex').toString('base64url');
  return opened(record, Buffer.from(`{"index":0,"salt":"${base64url}","record":${readInput(record).toString()}}`));
}

function opened(file: string, json: Buffer): Uint8Array {
  return understood(file, 'a record of the log', () => {
    const { record, salt } = parseLeafOpening(json);
    return leafEntry(record, salt);
  });
}
