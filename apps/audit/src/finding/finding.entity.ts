import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';

/**
 * What the log finds wrong: offsets are missing (`OFFSET_GAP`), a partition has other records than were sequenced (`PARTITION_CHANGED`), an envelope id came
 * again with other bytes (`ID_REUSED`).
 */
export const FINDING_KINDS = ['OFFSET_GAP', 'PARTITION_CHANGED', 'ID_REUSED'] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** One thing that should not be. Rows are only ever added. */
@Entity('finding')
export class Finding {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'finding_pkey',
  })
  id!: string;

  @Column({ type: 'text' })
  kind!: FindingKind;

  @Column({ type: 'text' })
  topic!: string;

  @Column({ type: 'integer' })
  partition!: number;

  /** Of the record at which it was found. */
  @Column({ name: 'record_offset', type: 'bigint' })
  offset!: string;

  @CreateDateColumn({ name: 'found_at', type: 'timestamptz' })
  foundAt!: Date;
}
