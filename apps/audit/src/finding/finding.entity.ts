import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';

/**
 * What the log finds wrong: offsets are missing (`OFFSET_GAP`), a partition has other records than were sequenced (`PARTITION_CHANGED`), an envelope id came
 * again with other bytes (`ID_REUSED`); too few witnesses cosign (`QUORUM_LOST`), one has seen more of the log than there is (`WITNESS_AHEAD`) or another history
 * (`WITNESS_FORK`); database, tiles and signer do not tell one history (`LOG_CONTRADICTS`).
 */
export const FINDING_KINDS = [
  'OFFSET_GAP',
  'PARTITION_CHANGED',
  'ID_REUSED',
  'QUORUM_LOST',
  'WITNESS_AHEAD',
  'WITNESS_FORK',
  'LOG_CONTRADICTS',
] as const;
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

  @Column({ type: 'text', nullable: true })
  topic!: string | null;

  @Column({ type: 'integer', nullable: true })
  partition!: number | null;

  /** Of the record at which it was found. */
  @Column({ name: 'record_offset', type: 'bigint', nullable: true })
  offset!: string | null;

  /** Name in the log policy. */
  @Column({ type: 'text', nullable: true })
  witness!: string | null;

  @CreateDateColumn({ name: 'found_at', type: 'timestamptz' })
  foundAt!: Date;
}
