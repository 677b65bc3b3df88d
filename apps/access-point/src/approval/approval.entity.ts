import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ApprovalKind, ApprovalState } from '#libs/contracts';

/** An act that one officer has proposed and another one must let out. What it would say is in the vault under its id. */
@Entity('approval')
@Check('approval_kind', `kind in ('REQUEST_RELEASE', 'REFUSAL')`)
@Check('approval_state', `state in ('WAITING', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'REPLACED')`)
@Index('approval_waiting', ['kind', 'legId'], { unique: true, where: `state = 'WAITING'` })
@Index('approval_newest', ['proposedAt', 'approvalId'])
@Index('approval_of_request', ['requestId'])
@Index('approval_envelope', ['envelopeId'])
export class Approval {
  @PrimaryColumn('uuid', { name: 'approval_id' })
  approvalId: string;

  @Column('text')
  kind: ApprovalKind;

  @Column('text')
  state: ApprovalState;

  @Column('uuid', { name: 'request_id' })
  requestId: string;

  /** Of a request that is held: the leg that it becomes. */
  @Column('uuid', { name: 'leg_id' })
  legId: string;

  /** Own desk for which it was proposed. */
  @Column('text')
  desk: string;

  @Column('text', { name: 'recipient_participant' })
  recipientParticipant: string;

  @Column('text', { name: 'recipient_desk' })
  recipientDesk: string;

  @Column('text', { name: 'proposed_by_subject' })
  proposedBySubject: string;

  @Column('text', { name: 'proposed_by' })
  proposedBy: string;

  @Column({ type: 'timestamptz', name: 'proposed_at', precision: 3 })
  proposedAt: Date;

  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt: Date;

  @Column('text', { name: 'decided_by_subject', nullable: true })
  decidedBySubject: string | null;

  @Column('text', { name: 'decided_by', nullable: true })
  decidedBy: string | null;

  @Column({ type: 'timestamptz', name: 'decided_at', precision: 3, nullable: true })
  decidedAt: Date | null;

  /** The message that it became. */
  @Column('uuid', { name: 'envelope_id', nullable: true })
  envelopeId: string | null;
}
