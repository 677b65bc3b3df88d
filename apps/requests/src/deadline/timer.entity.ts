import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { InstantKind } from '../leg/leg.clock.js';

/**
 * When time alone will next do something to a leg. Follows from the leg: written in the transaction of each move, by whoever holds the lock on the leg's row. A paused leg
 * has none.
 */
@Entity({ name: 'leg_timer' })
@Index('leg_timer_due', ['dueAt'])
export class Timer {
  @PrimaryColumn('uuid', { name: 'leg_id', primaryKeyConstraintName: 'leg_timer_pkey' })
  legId: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'leg_timer_pkey' })
  kind: InstantKind;

  @Column('timestamptz', { name: 'due_at' })
  dueAt: Date;
}
