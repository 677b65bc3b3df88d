import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A run of numbers: from, behind the last, hash of the last, and what the first names as the one before it where that is known. */
export type MarkedRun = readonly [from: string, to: string, last: string, first?: string];

/**
 * Which numbers of which producers a beginning of the log holds, so that whoever takes over need not read all of it. The newest row counts; without any, the leaves say
 * the same.
 */
@Entity('number_mark')
export class NumberMark {
  /** Of that beginning, in leaves. */
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'number_mark_pkey' })
  size!: string;

  /** By producer. */
  @Column({ type: 'jsonb' })
  producers!: Record<string, readonly MarkedRun[]>;
}
