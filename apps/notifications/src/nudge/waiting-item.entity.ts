import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Something waits for a desk. Written in the transaction of the event that brought it; the planner turns it into items of contacts. */
@Entity('waiting_item')
export class WaitingItem {
  /** Id of the event. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'waiting_item_pkey' })
  cause!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'waiting_item_pkey' })
  desk!: string;

  @Column('uuid', { name: 'leg_id' })
  legId!: string;

  @Column('boolean')
  urgent!: boolean;

  @Column('timestamptz')
  at!: Date;
}
