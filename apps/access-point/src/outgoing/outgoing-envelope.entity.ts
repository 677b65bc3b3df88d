import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EnvelopeState } from '#libs/contracts';
import type { Problem } from '#libs/errors';

/** An envelope that this participant signed, from its signature to the hub's word on it. Rows stay: they are the sender's proof. */
@Entity('outgoing_envelope')
@Check('outgoing_envelope_state', `state in ('QUEUED', 'RECEIVED', 'ACCEPTED', 'REFUSED')`)
@Index('outgoing_envelope_id', ['envelopeId'], { unique: true })
@Index('outgoing_envelope_of_leg', ['legId'])
@Index('outgoing_envelope_refused', ['legId'], { where: `state = 'REFUSED'` })
@Index('outgoing_envelope_unanswered', ['producerSequence'], { where: 'answer_jws is null' })
export class OutgoingEnvelope {
  @PrimaryColumn('bigint', { name: 'producer_sequence' })
  producerSequence: string;

  @Column('uuid', { name: 'envelope_id' })
  envelopeId: string;

  /** What it is about: its leg, or the constant subject of settings that belong to no leg. */
  @Column('uuid', { name: 'leg_id' })
  legId: string;

  @Column('text')
  type: string;

  @Column('text')
  sha256: string;

  @Column('text')
  jws: string;

  @Column('text')
  state: EnvelopeState;

  @Column({ type: 'timestamptz', name: 'queued_at', precision: 3 })
  queuedAt: Date;

  /** Receipt or refusal of the gateway; the envelope is handed in again until there is one. */
  @Column('text', { name: 'answer_jws', nullable: true })
  answerJws: string | null;

  @Column({ type: 'timestamptz', name: 'received_at', precision: 3, nullable: true })
  receivedAt: Date | null;

  /** Event of the requests service that accepted or refused the envelope. */
  @Column('text', { name: 'event_jws', nullable: true })
  eventJws: string | null;

  @Column({ type: 'timestamptz', name: 'decided_at', precision: 3, nullable: true })
  decidedAt: Date | null;

  @Column('jsonb', { nullable: true })
  problem: Problem | null;
}
