import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Ladder } from '#libs/contracts';

/**
 * An urgent leg that was delivered and that nobody has opened. Begun by its delivery, gone with the first sign that somebody has, or after the last step.
 * The ladder is the one in force at the delivery: a later change never touches a leg under way.
 */
@Entity('escalation')
@Index('escalation_due', ['dueAt'])
export class Escalation {
  @PrimaryColumn('uuid', { name: 'leg_id', primaryKeyConstraintName: 'escalation_pkey' })
  legId!: string;

  @Column('uuid', { name: 'request_id' })
  requestId!: string;

  @Column('text')
  requester!: string;

  @Column('text', { name: 'requester_desk' })
  requesterDesk!: string;

  @Column('text')
  addressee!: string;

  @Column('text')
  desk!: string;

  @Column('timestamptz', { name: 'delivered_at' })
  deliveredAt!: Date;

  @Column('jsonb')
  ladder!: Ladder;

  /** Steps that have been taken. */
  @Column('integer')
  steps!: number;

  @Column('timestamptz', { name: 'due_at' })
  dueAt!: Date;
}

/** The ladder of desks that have set none, from a date on. Rows are added, never changed. */
@Entity('ladder_profile')
export class LadderProfile {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'ladder_profile_pkey' })
  id!: string;

  @Column('timestamptz', { name: 'effective_from' })
  effectiveFrom!: Date;

  @Column('jsonb')
  ladder!: Ladder;

  /** Absent, as are the others, where it came with the software. */
  @Column({ type: 'timestamptz', name: 'set_at', precision: 3, nullable: true })
  setAt!: Date | null;

  /** Key of the operator. */
  @Column('text', { name: 'set_by', nullable: true })
  setBy!: string | null;

  @Column('text', { nullable: true })
  reason!: string | null;
}
