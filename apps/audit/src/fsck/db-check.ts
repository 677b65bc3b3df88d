import { isSeraiError } from '#libs/errors';
import { type Checkpoint, Frontier, HASH_BYTES, leafHash, type VerifierKey } from '#libs/transparency-log';
import type { LogFolder } from '../tile/log-folder.js';
import { BundleComparison } from './bundle-comparison.js';
import { CheckpointsCheck } from './checkpoints-check.js';
import type { FsckRepository, StoredBatch } from './fsck.repository.js';
import type { FsckNotes } from './fsck-report.js';
import { PlacesCheck } from './places-check.js';
import type { Progress } from './tiles-check.js';

const ENTRY_BYTES = 33;
const BATCHES_AT_ONCE = 512;
/** More than any batch has; what claims to be larger is not read. */
const MOST_LEAVES = 65_536;
/** Leaves of small batches that are read at once. */
const LEAVES_AT_ONCE = 8_192;

export interface DbCheckOptions {
  readonly repository: FsckRepository;
  readonly folder: LogFolder;
  readonly origin: string;
  /** Of the log. */
  readonly keys: readonly VerifierKey[];
  /** Of the published checkpoint; undefined compares nothing with what is published. */
  readonly head: Checkpoint | undefined;
  readonly notes: FsckNotes;
  readonly progress: Progress;
}

/**
 * Derives the log again from its leaves: batch by batch, each from the frontier that the one before it stored, so that each finding names its place; and compares
 * it with what was signed, and with what is published, which whoever changes the database alone cannot change with it.
 */
export class DbCheck {
  private frontier = new Frontier();
  private fence = 0n;
  /** Leaves before it stand where they want. */
  private placedFrom = 0;
  private readonly places: PlacesCheck;
  private readonly bundles: BundleComparison;
  private readonly checkpoints: CheckpointsCheck;

  constructor(private readonly options: DbCheckOptions) {
    const { repository, folder, origin, keys, head, notes } = options;
    this.places = new PlacesCheck(repository, notes);
    this.checkpoints = new CheckpointsCheck(repository, origin, keys, notes);
    this.bundles = new BundleComparison(folder, head?.size ?? 0, notes);
  }

  async run(): Promise<void> {
    const { repository, head, notes, progress } = this.options;
    // Its opening was written when the partition was read less far.
    this.placedFrom = (await repository.isContinued()) ? 1 : 0;
    for (let from = 0; ; ) {
      const batches = await repository.batches(from, BATCHES_AT_ONCE);
      const last = batches.at(-1);
      if (last === undefined) break;
      from = last.firstLeaf + 1;
      for (const run of runsOf(batches)) await this.takeRun(run);
      progress(this.frontier.size);
    }
    const { size } = this.frontier;
    notes.look('leaves', size);
    const outside = await repository.countOutside(size);
    if (outside > 0) notes.find('LEAF_UNBATCHED', { count: outside, size });
    if (head !== undefined && head.size > size) notes.find('LOG_CUT', { size, published: head.size });
    for (const leaf of await repository.brokenEpochs()) notes.find('EPOCH_BROKEN', { leaf });
    await this.checkpoints.compareBehind(size);
    await this.places.compareWithRead();
  }

  /** Batches without a gap between them. */
  private async takeRun(run: readonly StoredBatch[]): Promise<void> {
    const [begin, end] = [run[0]!.firstLeaf, endOf(run.at(-1)!)];
    const isReadable = end - begin <= MOST_LEAVES;
    const { count, bytes } = isReadable ? await this.options.repository.entries(begin, end) : NONE;
    const isWhole = count === end - begin && bytes.length === count * ENTRY_BYTES;
    if (!isWhole && run.length > 1) {
      // One of them: which?
      for (const batch of run) await this.takeRun([batch]);
      return;
    }
    if (isWhole) await this.checkpoints.load(begin, end);
    for (const batch of run) this.takeBatch(batch, isWhole ? entriesOf(batch, begin, bytes) : undefined);
    if (!isWhole) return;
    await this.places.take(Math.max(begin, this.placedFrom), end);
    await this.bundles.compare(begin, bytes, ENTRY_BYTES);
  }

  /** @param entries undefined when there are too few or too many */
  private takeBatch(batch: StoredBatch, entries: readonly Buffer[] | undefined): void {
    const { notes } = this.options;
    const { firstLeaf, leaves } = batch;
    notes.look('batches');
    const isPlaced = firstLeaf === this.frontier.size;
    if (!isPlaced) notes.find('BATCH_MISPLACED', { firstLeaf, expected: this.frontier.size });
    if (entries === undefined) notes.find('LEAF_MISSING', { firstLeaf, leaves });
    if (batch.fence < this.fence) notes.find('FENCE_BROKEN', { firstLeaf });
    this.fence = batch.fence;
    const stored = frontierOf(batch);
    if (isPlaced && entries !== undefined) this.append(entries);
    const isRight = stored?.size === this.frontier.size && stored.root().equals(this.frontier.root());
    if (isPlaced && entries !== undefined && !isRight) notes.find('BATCH_WRONG', { firstLeaf, leaves });
    // What follows is judged by itself.
    if (stored !== undefined) this.frontier = stored;
  }

  private append(entries: readonly Buffer[]): void {
    const { head, notes } = this.options;
    for (const entry of entries) {
      this.frontier.append(leafHash(entry));
      if (head?.size === this.frontier.size && !this.frontier.root().equals(head.root))
        notes.find('ROOT_WRONG', { size: head.size });
      this.checkpoints.compare(this.frontier);
    }
  }
}

const NONE = { count: 0, bytes: Buffer.alloc(0) };

const endOf = ({ firstLeaf, leaves }: StoredBatch): number => firstLeaf + leaves;

/** Consecutive batches that are read together. */
function runsOf(batches: readonly StoredBatch[]): StoredBatch[][] {
  const runs: StoredBatch[][] = [];
  for (const batch of batches) {
    const run = runs.at(-1);
    const [first, last] = [run?.[0], run?.at(-1)];
    const fits = first && last && endOf(last) === batch.firstLeaf && endOf(batch) - first.firstLeaf <= LEAVES_AT_ONCE;
    if (fits) run?.push(batch);
    else runs.push([batch]);
  }
  return runs;
}

function entriesOf({ firstLeaf, leaves }: StoredBatch, begin: number, bytes: Buffer): Buffer[] {
  const first = (firstLeaf - begin) * ENTRY_BYTES;
  return Array.from({ length: leaves }, (_, place) =>
    bytes.subarray(first + place * ENTRY_BYTES, first + (place + 1) * ENTRY_BYTES),
  );
}

/** Undefined where what is stored is no frontier of this size. */
function frontierOf(batch: StoredBatch): Frontier | undefined {
  const { frontier } = batch;
  const hashes = Array.from({ length: Math.floor(frontier.length / HASH_BYTES) }, (_, place) =>
    frontier.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES),
  );
  try {
    return frontier.length % HASH_BYTES === 0 ? new Frontier(endOf(batch), hashes) : undefined;
  } catch (error) {
    if (isSeraiError(error, 'ERR_LOG_RANGE')) return undefined;
    throw error;
  }
}
