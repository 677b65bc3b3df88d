import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import type { LegClock, LegState, Priority, RequestKind, RequestLegStatus } from '#libs/contracts';

const milliseconds = { to: (value: number) => value, from: Number };

/** One recipient's share of a request: who asks whom, where it stands and how much of its time is used. Holds no content. */
@Entity({ name: 'leg' })
@Check('leg_parties_differ', 'requester <> addressee')
@Check('leg_paused_ms_not_negative', 'paused_ms >= 0')
export class Leg {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'leg_pkey' })
  id: string;

  @Column('uuid', { name: 'request_id' })
  requestId: string;

  /** Counts the accepted moves and the marks that the hub itself sets, from 1. */
  @Column('integer')
  version: number;

  @Column('text')
  status: RequestLegStatus;

  /** Where an answered clarification leads back to. */
  @Column('text', { name: 'resume_status', nullable: true })
  resumeStatus: RequestLegStatus | null;

  @Column('text')
  kind: RequestKind;

  @Column('text')
  priority: Priority;

  @Column('text')
  requester: string;

  @Column('text', { name: 'requester_desk' })
  requesterDesk: string;

  @Column('text')
  addressee: string;

  @Column('text', { name: 'addressee_desk' })
  addresseeDesk: string;

  /** Of the addressee's desk when the request was accepted; days of the clock are days there. */
  @Column('text', { name: 'time_zone' })
  timeZone: string;

  /** How many items were asked for, numbered from 1. */
  @Column('integer')
  items: number;

  /** SHA-256 of the envelope that opened the leg; the delivery statement must name it. */
  @Column('text')
  submission: string;

  @Column('timestamptz', { name: 'submitted_at' })
  submittedAt: Date;

  @Column('timestamptz', { name: 'delivered_at', nullable: true })
  deliveredAt: Date | null;

  @Column('timestamptz', { name: 'read_at', nullable: true })
  readAt: Date | null;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt: Date | null;

  /** When the last accepted move took effect; later moves never take effect before it. */
  @Column('timestamptz', { name: 'moved_at' })
  movedAt: Date;

  @Column('text', { name: 'clock_state' })
  clockState: LegClock['state'];

  /** The deadline profile in force at delivery. */
  @Column('uuid', { nullable: true })
  profile: string | null;

  /** Its allowance, copied so that nothing can move a running clock: ISO 8601, null where there is no deadline. */
  @Column('text', { nullable: true })
  allowed: string | null;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column('timestamptz', { name: 'paused_since', nullable: true })
  pausedSince: Date | null;

  @Column('bigint', { name: 'paused_ms', transformer: milliseconds })
  pausedMs: number;

  @Column('timestamptz', { name: 'due_at', nullable: true })
  dueAt: Date | null;

  @Column('timestamptz', { name: 'stopped_at', nullable: true })
  stoppedAt: Date | null;

  /** The highest share of the allowed time that was warned of in this run of the clock: 0, 50, 80 or 100 percent. */
  @Column('smallint')
  warned: number;

  @Column('boolean')
  overdue: boolean;

  @Column('boolean')
  excused: boolean;

  @Column('uuid', { name: 'pending_clarification', nullable: true })
  pendingClarification: string | null;

  /** Something was answered, so that a refusal can only be a partial one. */
  @Column('boolean', { name: 'partly_answered' })
  partlyAnswered: boolean;

  @Column('boolean')
  reconsidered: boolean;

  @Column('text', { nullable: true })
  outcome: LegState['outcome'] | null;
}
