import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An event of a hub service with the envelope that caused it, as compact JWS; kept once, however many feeds name it. */
@Entity('feed_event')
export class FeedEvent {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'feed_event_pkey' })
  id!: string;

  @Column({ type: 'text' })
  event!: string;

  @Column({ type: 'text', nullable: true })
  cause!: string | null;

  /** Where its record lies; null for one that was written before feeds waited for the log. */
  @Column({ type: 'text', nullable: true })
  topic!: string | null;

  @Column({ type: 'integer', nullable: true })
  partition!: number | null;

  @Column({ name: 'record_offset', type: 'bigint', nullable: true })
  recordOffset!: string | null;
}
