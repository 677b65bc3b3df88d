import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Leg } from '../leg/leg.entity.js';

/** A leg given to a unit inside the country; unit and instruction lie in the vault under the assignment's id. */
@Entity('assignment')
@Index('assignment_of_leg', ['legId', 'createdAt', 'assignmentId'])
export class Assignment {
  @PrimaryColumn('uuid', { name: 'assignment_id' })
  assignmentId: string;

  @Column('uuid', { name: 'leg_id' })
  legId: string;

  @ManyToOne(() => Leg, { onDelete: 'NO ACTION' })
  @JoinColumn({ name: 'leg_id', foreignKeyConstraintName: 'assignment_leg' })
  leg: Relation<Leg>;

  /** Own desk whose investigators and analysts may now read the leg. */
  @Column('text', { name: 'assigned_desk', nullable: true })
  assignedDesk: string | null;

  @Column({ type: 'timestamptz', name: 'due_at', precision: 3, nullable: true })
  dueAt: Date | null;

  @Column('text')
  officer: string;

  @Column('text')
  desk: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;
}
