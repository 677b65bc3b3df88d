import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One step that the hub took because nobody had opened an urgent leg, as its event said. */
@Entity('escalation_step')
@Index('escalation_step_of_leg', ['legId', 'step'])
export class EscalationStepRow {
  @PrimaryColumn('uuid', { name: 'event_id' })
  eventId: string;

  @Column('uuid', { name: 'leg_id' })
  legId: string;

  @Column('integer')
  step: number;

  @Column('text')
  rung: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at: Date;

  @Column('boolean', { name: 'on_duty', nullable: true })
  onDuty: boolean | null;
}
