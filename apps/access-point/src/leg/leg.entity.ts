import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { LegState } from '#libs/contracts';

/** One leg, sent from here (outgoing) or addressed to here (incoming). What the hub last said of it is `state`. */
@Entity('leg')
@Check('leg_direction', `direction in ('incoming', 'outgoing')`)
@Index('leg_newest', ['createdAt', 'legId'])
@Index('leg_due', ['dueAt', 'legId'])
@Index('leg_own_desk', ['ownDesk'])
@Index('leg_request', ['requestId'])
export class Leg {
  @PrimaryColumn('uuid', { name: 'leg_id' })
  legId: string;

  @Column('uuid', { name: 'request_id' })
  requestId: string;

  @Column('text')
  direction: 'incoming' | 'outgoing';

  @Column('text', { name: 'own_desk' })
  ownDesk: string;

  @Column('text')
  kind: string;

  @Column('text')
  priority: string;

  @Column('text', { name: 'requester_participant' })
  requesterParticipant: string;

  @Column('text', { name: 'requester_desk' })
  requesterDesk: string;

  @Column('text', { name: 'addressee_participant' })
  addresseeParticipant: string;

  @Column('text', { name: 'addressee_desk' })
  addresseeDesk: string;

  /** Number of items that the request asks about. */
  @Column('integer')
  items: number;

  /** Envelope that submitted the leg. */
  @Column('uuid', { name: 'submission_id' })
  submissionId: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  /** Version of `state`; 0 until the hub has accepted the submission. */
  @Column('integer')
  version: number;

  @Column('jsonb', { nullable: true })
  state: LegState | null;

  @Column('text', { nullable: true })
  status: string | null;

  @Column({ type: 'timestamptz', name: 'due_at', precision: 3, nullable: true })
  dueAt: Date | null;

  @Column('boolean')
  overdue: boolean;

  /** Given to a unit inside the country; never said outside. */
  @Column('boolean')
  assigned: boolean;

  /** The signed statement that the request was read, once an officer of the addressed desk has opened it. */
  @Column('uuid', { name: 'read_envelope_id', nullable: true })
  readEnvelopeId: string | null;
}
