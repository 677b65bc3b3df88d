/** What the four parts of an fsck look at, in their order. */
export const FSCK_PARTS = ['tiles', 'db', 'private', 'producers'] as const;
export type FsckPart = (typeof FSCK_PARTS)[number];

/** What can be wrong, and the sentence that says it. */
export const FSCK_RULES = {
  CHECKPOINT_MISSING: 'No checkpoint is published.',
  CHECKPOINT_REFUSED: 'The published checkpoint is not one that the given key or policy accepts.',
  BUNDLE_MISSING: 'An entry bundle of the checkpoint is missing, or cannot be taken apart.',
  TILE_MISSING: 'A tile of the checkpoint is missing.',
  TILE_WRONG: 'A tile has other hashes than the entries below it lead to.',
  PARTIAL_WRONG: 'A partial tile or bundle has other contents than the one that it is the beginning of.',
  ROOT_WRONG: 'The entries have another root than the checkpoint.',
  LOG_CUT: 'The database ends before the published checkpoint.',
  LEAF_MISSING: 'Leaves of a batch are missing, or there are too many.',
  LEAF_UNBATCHED: 'Leaves stand outside of all batches.',
  BATCH_MISPLACED: 'A batch does not begin where the one before it ends.',
  BATCH_WRONG: 'The leaves of a batch do not lead from the stored frontier before it to its own.',
  FENCE_BROKEN: 'A batch was written under an older fence than the one before it.',
  CHECKPOINT_DIFFERS: 'A stored checkpoint has another root than the leaves lead to.',
  CHECKPOINT_UNSIGNED: 'A stored checkpoint is not signed by the log for its size and root.',
  BUNDLE_DIFFERS: 'Leaves have other entries than the published bundle.',
  ORDER_BROKEN: 'Leaves of a partition do not stand in the order of their offsets.',
  RANGE_BROKEN: 'What was read of a partition has a gap or an overlap.',
  LEAF_UNREAD: 'A leaf stands for a record that was never read.',
  LEAF_UNOPENED: 'Record and salt of a leaf do not lead to its entry.',
  SALT_MISSING: 'The salt of a leaf is gone, and nobody decided to prune it.',
  SALT_KEPT: 'The salt of a leaf that was decided to be pruned is there, still or again: prune once more.',
  EPOCH_BROKEN:
    'The leaf is said to begin or to end the log, and is another record, not where the logs before end, or not the last one.',
  PRUNE_BROKEN:
    'Pruned leaves do not follow each other from the first one on, or no signed head is behind the decision.',
  SALT_STRAY: 'Salts belong to no leaf.',
  NUMBER_MISSING: 'A producer has left out numbers.',
  NUMBER_REUSED: 'A producer has used a number for two envelopes.',
} as const;
export type FsckRule = keyof typeof FSCK_RULES;

/** Where something is wrong: paths, indices, offsets, numbers; never content. */
export type FsckPlace = Readonly<Record<string, string | number>>;

/** One thing that is wrong. */
export interface FsckFinding {
  readonly rule: FsckRule;
  readonly says: string;
  readonly at: FsckPlace;
}

/** What a part found. */
export interface FsckPartReport {
  readonly part: FsckPart;
  /** How much was looked at, by kind. */
  readonly looked: Readonly<Record<string, number>>;
  /** All findings, also those that are not listed. */
  readonly found: number;
  readonly findings: readonly FsckFinding[];
}

/** Findings that a part lists; more are counted. */
const MOST_LISTED = 1_000;

/** Collects what a part looks at and finds. */
export class FsckNotes {
  private readonly findings: FsckFinding[] = [];
  private readonly looked: Record<string, number> = {};
  private found = 0;

  constructor(private readonly part: FsckPart) {}

  find(rule: FsckRule, at: FsckPlace = {}): void {
    this.found += 1;
    if (this.findings.length < MOST_LISTED) this.findings.push({ rule, says: FSCK_RULES[rule], at });
  }

  look(kind: string, count = 1): void {
    this.looked[kind] = (this.looked[kind] ?? 0) + count;
  }

  get report(): FsckPartReport {
    return { part: this.part, looked: this.looked, found: this.found, findings: this.findings };
  }
}
