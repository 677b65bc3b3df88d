import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SignedDirectoryChange } from '#libs/contracts';

/** One accepted change, in its place. */
@Entity('directory_change')
export class DirectoryChangeRow {
  /** From 1, without gaps. */
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'directory_change_pkey' })
  version!: number;

  /** Hash chain over all changes up to this one. */
  @Column({ type: 'text' })
  head!: string;

  /** JWS in general JSON serialization. */
  @Column({ type: 'jsonb' })
  change!: SignedDirectoryChange;

  @Column({ name: 'accepted_at', type: 'timestamptz' })
  acceptedAt!: Date;
}
