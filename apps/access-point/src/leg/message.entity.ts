import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Leg } from './leg.entity.js';

/** One signed message of a leg, sent or received. Its content, where it has one, lies in the vault under the envelope's id. */
@Entity('message')
@Check('message_direction', `direction in ('incoming', 'outgoing')`)
@Check('message_content', `content in ('NONE', 'STORED', 'UNREADABLE')`)
@Index('message_envelope', ['envelopeId'], { unique: true })
@Index('message_of_leg', ['legId', 'position'])
export class Message {
  /** Order in which this side got to know the messages. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  position: string;

  @Column('uuid', { name: 'envelope_id' })
  envelopeId: string;

  @Column('uuid', { name: 'leg_id' })
  legId: string;

  @ManyToOne(() => Leg, { onDelete: 'NO ACTION' })
  @JoinColumn({ name: 'leg_id', foreignKeyConstraintName: 'message_leg' })
  leg: Relation<Leg>;

  @Column('text')
  direction: 'incoming' | 'outgoing';

  @Column('text')
  type: string;

  /** When it was signed, as it says. */
  @Column({ type: 'timestamptz', precision: 3 })
  time: Date;

  /** The clear header. */
  @Column('jsonb')
  header: Record<string, unknown>;

  @Column('text')
  content: 'NONE' | 'STORED' | 'UNREADABLE';
}
