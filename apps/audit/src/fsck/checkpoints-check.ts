import { isSeraiError } from '#libs/errors';
import type { Frontier, VerifierKey } from '#libs/transparency-log';
import { readSigned } from '../checkpoint/signed-checkpoint.js';
import type { FsckRepository, StoredCheckpoint } from './fsck.repository.js';
import type { FsckNotes } from './fsck-report.js';

/** Compares each row that says what the log signed with the leaves, and with its own signature. */
export class CheckpointsCheck {
  /** Of the leaves that are looked at, by size. */
  private rows = new Map<number, StoredCheckpoint>();

  constructor(
    private readonly repository: FsckRepository,
    private readonly origin: string,
    private readonly keys: readonly VerifierKey[],
    private readonly notes: FsckNotes,
  ) {}

  /** Fetches what was signed behind `begin` and up to `end`. */
  async load(begin: number, end: number): Promise<void> {
    const rows = await this.repository.checkpoints(begin, end);
    this.rows = new Map(rows.map((row) => [row.size, row]));
  }

  /** Judges the row of the size that the frontier has, if there is one. */
  compare(frontier: Frontier): void {
    const row = this.rows.get(frontier.size);
    if (row === undefined) return;
    this.notes.look('checkpoints');
    const { size, root } = row;
    if (!root.equals(frontier.root())) this.notes.find('CHECKPOINT_DIFFERS', { size });
    if (!this.isSigned(row)) this.notes.find('CHECKPOINT_UNSIGNED', { size });
  }

  /** Rows that are of no leaves. */
  async compareBehind(size: number): Promise<void> {
    for (const row of await this.repository.checkpoints(size, Number.MAX_SAFE_INTEGER))
      this.notes.find('CHECKPOINT_DIFFERS', { size: row.size });
  }

  private isSigned({ size, root, note }: StoredCheckpoint): boolean {
    try {
      const { head } = readSigned(note, this.origin, this.keys, 'in the database');
      return head.size === size && head.root.equals(root);
    } catch (error) {
      if (isSeraiError(error, 'ERR_LOG_ROLLBACK')) return false;
      throw error;
    }
  }
}
