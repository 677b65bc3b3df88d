import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** Who may sequence: the holder of the highest number. Whoever takes over adds one; from then on a transaction of the one before does nothing. */
@Entity('fence')
export class Fence {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'fence_pkey' })
  number!: string;

  @Column({ name: 'taken_at', type: 'timestamptz', default: () => 'now()' })
  takenAt!: Date;
}

/** Leaves that were added together. The last row is the head of the log. */
@Entity('log_batch')
@Check('log_batch_grows', 'leaves > 0')
export class LogBatch {
  /** The key lets only one batch begin at each place: a head that moved meanwhile refuses the batch. */
  @PrimaryColumn({ name: 'first_leaf', type: 'bigint', primaryKeyConstraintName: 'log_batch_pkey' })
  firstLeaf!: string;

  @Column({ type: 'integer' })
  leaves!: number;

  /** Hashes of the complete subtrees behind this batch, from left to right, 32 bytes each. */
  @Column({ type: 'bytea' })
  frontier!: Buffer;

  @Column({ type: 'bigint' })
  fence!: string;

  @Column({ name: 'sequenced_at', type: 'timestamptz', default: () => 'now()' })
  sequencedAt!: Date;
}

/** Records of a partition that were read together. The last row of a partition says where to go on. */
@Entity('consumed')
@Check('consumed_forward', 'to_offset > from_offset')
export class Consumed {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'consumed_pkey' })
  topic!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'consumed_pkey' })
  partition!: number;

  /** The key lets each record be taken once. */
  @PrimaryColumn({ name: 'from_offset', type: 'bigint', primaryKeyConstraintName: 'consumed_pkey' })
  fromOffset!: string;

  /** Behind the last of them. */
  @Column({ name: 'to_offset', type: 'bigint' })
  toOffset!: string;

  @Column({ type: 'bigint' })
  fence!: string;
}
