import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { NudgeTarget } from './nudge-target.entity.js';

/** One thing that a contact is to hear of, once: the key is its cause. Gone when the nudge that counts it has been sent. */
@Entity('nudge_item')
@Index('nudge_item_due', ['target', 'dueAt'], { where: 'nudge is null' })
@Index('nudge_item_of_leg', ['legId'], { where: 'nudge is null' })
export class NudgeItem {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'nudge_item_pkey' })
  cause!: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'nudge_item_pkey' })
  target!: string;

  @ManyToOne(() => NudgeTarget, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'target', foreignKeyConstraintName: 'nudge_item_target' })
  targetRow!: Relation<NudgeTarget>;

  @Column('uuid', { name: 'leg_id' })
  legId!: string;

  @Column('boolean')
  urgent!: boolean;

  @Column('timestamptz', { name: 'due_at' })
  dueAt!: Date;

  /** The nudge that counts it. */
  @Column('uuid', { nullable: true })
  nudge!: string | null;
}
