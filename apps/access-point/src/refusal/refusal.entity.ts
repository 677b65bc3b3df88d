import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Leg } from '../leg/leg.entity.js';

/** A refusal with its true ground and reason in the vault under the refusal's id; abroad only the disclosed ground is known. */
@Entity('refusal')
@Check('refusal_state', `state in ('PENDING', 'REPLACED', 'SENT')`)
@Index('refusal_pending', ['legId'], { unique: true, where: `state = 'PENDING'` })
export class Refusal {
  @PrimaryColumn('uuid', { name: 'refusal_id' })
  refusalId: string;

  @Column('uuid', { name: 'leg_id' })
  legId: string;

  @ManyToOne(() => Leg, { onDelete: 'NO ACTION' })
  @JoinColumn({ name: 'leg_id', foreignKeyConstraintName: 'refusal_leg' })
  leg: Relation<Leg>;

  /** `PENDING` waits for a second supervisor. */
  @Column('text')
  state: 'PENDING' | 'REPLACED' | 'SENT';

  @Column('text', { name: 'proposed_by_subject' })
  proposedBySubject: string;

  @Column('text', { name: 'proposed_by' })
  proposedBy: string;

  @Column({ type: 'timestamptz', name: 'proposed_at', precision: 3 })
  proposedAt: Date;

  @Column('text', { name: 'countersigned_by_subject', nullable: true })
  countersignedBySubject: string | null;

  @Column('text', { name: 'countersigned_by', nullable: true })
  countersignedBy: string | null;

  @Column({ type: 'timestamptz', name: 'sent_at', precision: 3, nullable: true })
  sentAt: Date | null;

  @Column('uuid', { name: 'envelope_id', nullable: true })
  envelopeId: string | null;
}
