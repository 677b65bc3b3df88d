import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One position of a participant's feed: which event stands there, and the chain up to it. */
@Entity('feed_entry')
export class FeedEntryRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'feed_entry_pkey' })
  participant!: string;

  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'feed_entry_pkey' })
  sequence!: string;

  @Column({ name: 'event_id', type: 'uuid' })
  eventId!: string;

  @Column({ type: 'text' })
  hash!: string;
}
