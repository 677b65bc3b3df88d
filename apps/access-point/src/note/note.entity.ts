import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Leg } from '../leg/leg.entity.js';

/** An internal note on a leg; its text lies in the vault under the note's id. */
@Entity('note')
@Index('note_of_leg', ['legId', 'createdAt', 'noteId'])
export class Note {
  @PrimaryColumn('uuid', { name: 'note_id' })
  noteId: string;

  @Column('uuid', { name: 'leg_id' })
  legId: string;

  @ManyToOne(() => Leg, { onDelete: 'NO ACTION' })
  @JoinColumn({ name: 'leg_id', foreignKeyConstraintName: 'note_leg' })
  leg: Relation<Leg>;

  @Column('text')
  officer: string;

  @Column('text')
  desk: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;
}
