import { Check, Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** Leaves whose salts were to be destroyed because their time was over. Rows are only ever added, and follow each other from leaf 0 on. */
@Entity('pruned_range')
@Check('pruned_range_forward', 'first_leaf >= 0 and end_leaf > first_leaf and end_leaf <= head_size')
export class PrunedRangeRow {
  @PrimaryColumn({ name: 'first_leaf', type: 'bigint', primaryKeyConstraintName: 'pruned_range_pkey' })
  firstLeaf!: string;

  /** The first leaf behind it. */
  @Column({ name: 'end_leaf', type: 'bigint' })
  endLeaf!: string;

  /** Every one of its records had been accepted before. */
  @Column({ name: 'accepted_before', type: 'timestamptz' })
  acceptedBefore!: Date;

  /** The policy then. */
  @Column({ name: 'retention_days', type: 'integer' })
  retentionDays!: number;

  /** The witnessed head under which it was decided. */
  @Column({ name: 'head_size', type: 'bigint' })
  headSize!: string;

  @Column({ name: 'head_root', type: 'bytea' })
  headRoot!: Buffer;

  @CreateDateColumn({ name: 'decided_at', type: 'timestamptz' })
  decidedAt!: Date;
}
