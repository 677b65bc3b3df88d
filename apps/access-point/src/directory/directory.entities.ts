import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import type { DirectorySnapshot, SignedDirectoryChange } from '#libs/contracts';

/** The newest verified snapshot of the directory: one row, so that a start needs no hub. */
@Entity('directory_snapshot')
@Check('directory_snapshot_single', 'id = 1')
export class StoredSnapshot {
  @PrimaryColumn('integer')
  id: number;

  @Column('integer')
  version: number;

  @Column('jsonb')
  snapshot: DirectorySnapshot;

  /** When it came: the key of its statement was active then. */
  @Column({ type: 'timestamptz', name: 'verified_at', precision: 3 })
  verifiedAt: Date;
}

/** A change that came by the feed after the snapshot. */
@Entity('directory_change')
export class StoredChange {
  @PrimaryColumn('integer')
  version: number;

  @Column('text')
  head: string;

  @Column('jsonb')
  change: SignedDirectoryChange;
}
