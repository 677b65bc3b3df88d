import { join } from 'node:path';
import { type GrowthProof, verifyGrowth } from '#libs/evidence';
import { tileHashReader, tilePath } from '#libs/transparency-log';
import { isFolder, readIfThere, readInput, readPolicy } from '../input.js';
import { printVerdict } from '../output.js';
import { type Terminal, UsageError } from '../usage.js';
import { type Arguments, flag, required } from './arguments.js';

/** `verify checkpoints <older> <newer> --policy <file> [--consistency <file> | --tiles <folder>]` */
export async function checkpointsCommand(args: Arguments, terminal: Terminal): Promise<boolean> {
  const [older, newer] = args.positionals;
  const policy = readPolicy(required(args, 'policy'));
  const checkpoints = { older: readInput(older!), newer: readInput(newer!) };
  const verdict = await verifyGrowth(checkpoints, { policy, proof: proofOf(args) });
  printVerdict(terminal, verdict, {
    json: args.json,
    wordsOf: ({ older: first, newer: second }) => [
      `ONE HISTORY  ${first.origin}: the ${second.size} leaves of the newer checkpoint begin with the ${first.size} of the older one, unchanged`,
    ],
  });
  return verdict.holds;
}

function proofOf(args: Arguments): GrowthProof | undefined {
  const [consistency, tiles] = [flag(args, 'consistency'), flag(args, 'tiles')];
  if (consistency !== undefined && tiles !== undefined)
    throw new UsageError('Give --consistency or --tiles, not both.');
  if (consistency !== undefined) return { request: readInput(consistency) };
  if (tiles === undefined) return undefined;
  if (!isFolder(tiles)) throw new UsageError(`${tiles} is no folder.`);
  return { hashes: (size) => tileHashReader(size, async (tile) => readIfThere(join(tiles, tilePath(tile)))) };
}
