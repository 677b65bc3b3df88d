import { isSeraiError } from '#libs/errors';
import { decodeEntryBundle, Frontier, leafHash, type Policy, parseNote, tilePath } from '#libs/transparency-log';
import { parseLeafOpening } from '../record/leaf-opening.js';
import { type LeafOpening, leafEntry } from '../record/log-record.js';
import { demand, Report, RuleError, type Verdict } from './report.js';
import { believed, type CheckpointFacts, checkpointFacts } from './verify-by-policy.js';

/**
 * Reads a file of a log export by its path, undefined where it is not there. An export is a folder, or a zip file as evidence packs are, with
 * `checkpoint`, the entry bundles `tile/entries/...` that c2sp.org/tlog-tiles says for its size, and optionally `openings.jsonl`: leaf openings, one JSON a line.
 */
export type ExportReader = (path: string) => Promise<Uint8Array | undefined>;

/** What follows from an export: these are all entries of the log up to a checkpoint. */
export interface ExportFacts extends CheckpointFacts {
  /** How many entries were opened. */
  readonly opened: number;
}

const BUNDLE_ENTRIES = 256;

/**
 * Verifies an export of a log: rebuilds the root from the entries, and opens those for which it has openings.
 *
 * @example await verifyExport((path) => readFile(join(folder, path)), policy)
 */
export async function verifyExport(read: ExportReader, policy: Policy): Promise<Verdict<ExportFacts>> {
  const report = new Report();
  const file = await read('checkpoint');
  const verified = await believed(report, {
    about: 'checkpoint',
    policy,
    noteOf: () => {
      demand(file !== undefined, 'The file is missing.');
      return parseNote(file);
    },
  });
  if (verified === undefined) return report.verdict();
  const { size, root } = verified.checkpoint;
  const openings = await report.attempt('leaf-opening', 'openings.jsonl', async () =>
    openingsOf(await read('openings.jsonl'), size),
  );
  if (openings === undefined) return report.verdict();
  const frontier = await report.attempt('entries', undefined, () => append(read, size, openings));
  if (frontier === undefined) return report.verdict();
  await report.attempt('root', undefined, () => {
    demand(
      root.equals(frontier.root()),
      'The entries give another root: one of them was changed, left out, added or moved.',
    );
  });
  return report.verdict({ ...checkpointFacts(verified, policy), opened: openings.size });
}

async function append(read: ExportReader, size: number, openings: ReadonlyMap<number, LeafOpening>): Promise<Frontier> {
  const frontier = new Frontier();
  for (let index = 0; index * BUNDLE_ENTRIES < size; index += 1) {
    const width = Math.min(BUNDLE_ENTRIES, size - index * BUNDLE_ENTRIES);
    const path = tilePath({ level: 'entries', index, width });
    const bundle = await read(path);
    demand(bundle !== undefined, `${path} is missing.`);
    decodeEntryBundle(bundle, width).forEach((entry, place) => {
      assertOpened(entry, openings.get(index * BUNDLE_ENTRIES + place));
      frontier.append(leafHash(entry));
    });
  }
  return frontier;
}

function assertOpened(entry: Buffer, opening: LeafOpening | undefined): void {
  if (opening === undefined) return;
  if (leafEntry(opening.record, opening.salt).equals(entry)) return;
  throw new RuleError('leaf-opening', `The opening of leaf ${opening.index} does not open the entry at its place.`);
}

/** Openings by the index of their leaf. */
function openingsOf(file: Uint8Array | undefined, size: number): Map<number, LeafOpening> {
  const openings = new Map<number, LeafOpening>();
  if (file === undefined) return openings;
  const lines = Buffer.from(file)
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '');
  for (const [place, line] of lines.entries()) {
    const opening = parsed(line, place + 1);
    demand(opening.index < size, `Line ${place + 1} opens leaf ${opening.index}, which the checkpoint does not have.`);
    demand(!openings.has(opening.index), `Line ${place + 1} opens leaf ${opening.index} a second time.`);
    openings.set(opening.index, opening);
  }
  return openings;
}

function parsed(line: string, number: number): LeafOpening {
  try {
    return parseLeafOpening(Buffer.from(line, 'latin1'));
  } catch (error) {
    if (isSeraiError(error)) demand(false, `Line ${number}: ${error.message}`);
    throw error;
  }
}
