import { Check, Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';
import type { SequencedPosition } from '#libs/contracts';
import type { NumberMark } from '../producer/number-mark.entity.js';

/** How this log began, where another one was before it: one row, never changed. */
@Entity('epoch_begin')
@Check('epoch_begin_first', 'leaf = 0')
export class EpochBeginRow {
  /** The opening is the first leaf. */
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'epoch_begin_pkey' })
  leaf!: string;

  /** The signed envelope. */
  @Column({ type: 'text' })
  opening!: string;

  /** The log before. */
  @Column({ type: 'text' })
  origin!: string;

  @Column({ type: 'text' })
  schema!: string;

  /** Leaves of it that count: those under its last published checkpoint. */
  @Column({ type: 'bigint' })
  size!: string;

  /** What they had of each partition. */
  @Column({ type: 'jsonb' })
  positions!: readonly SequencedPosition[];

  /** What they had of each producer. */
  @Column({ type: 'jsonb' })
  producers!: NumberMark['producers'];

  @CreateDateColumn({ name: 'opened_at', type: 'timestamptz' })
  openedAt!: Date;
}

/** How this log ended: at most one row, never changed. */
@Entity('epoch_end')
@Index('epoch_end_once', { synchronize: false })
export class EpochEndRow {
  /** The closing is the last leaf. */
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'epoch_end_pkey' })
  leaf!: string;

  /** The log that goes on. */
  @Column({ type: 'text' })
  next!: string;

  /** The signed envelope. */
  @Column({ type: 'text' })
  closing!: string;

  @CreateDateColumn({ name: 'closed_at', type: 'timestamptz' })
  closedAt!: Date;
}
