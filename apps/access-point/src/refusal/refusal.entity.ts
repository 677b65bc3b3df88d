import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Leg } from '../leg/leg.entity.js';

/** A refusal that was sent, with its true ground and reason in the vault under its id; abroad only the disclosed ground is known. */
@Entity('refusal')
export class Refusal {
  @PrimaryColumn('uuid', { name: 'refusal_id' })
  refusalId: string;

  @Column('uuid', { name: 'leg_id' })
  legId: string;

  @ManyToOne(() => Leg, { onDelete: 'NO ACTION' })
  @JoinColumn({ name: 'leg_id', foreignKeyConstraintName: 'refusal_leg' })
  leg: Relation<Leg>;

  @Column('uuid', { name: 'envelope_id' })
  envelopeId: string;

  @Column({ type: 'timestamptz', name: 'sent_at', precision: 3 })
  sentAt: Date;
}
