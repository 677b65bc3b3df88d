import { verifyJoint } from '#libs/evidence';
import { readInput, readRoots } from '../input.js';
import { printVerdict } from '../output.js';
import type { Terminal } from '../usage.js';
import { type Arguments, required } from './arguments.js';

/** `verify joint <export> <export> --roots <file>` */
export async function jointCommand(args: Arguments, terminal: Terminal): Promise<boolean> {
  const [one, other] = args.positionals;
  const roots = readRoots(required(args, 'roots'));
  const verdict = await verifyJoint([readInput(one!), readInput(other!)], { roots });
  printVerdict(terminal, verdict, {
    json: args.json,
    wordsOf: ({ review, from, until, participants, messages }) => [
      `AGREED    ${participants.join(' and ')}, review ${review}, from ${from} until ${until}: the same ${messages} messages on both sides`,
    ],
  });
  return verdict.holds;
}
