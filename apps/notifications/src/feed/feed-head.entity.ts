import { Column, Entity, PrimaryColumn } from 'typeorm';

/** End of a participant's feed. Its row is the lock under which the feed grows. */
@Entity('feed_head')
export class FeedHead {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'feed_head_pkey' })
  participant!: string;

  @Column({ type: 'bigint' })
  sequence!: string;

  /** Hash of the newest entry, base64url; of the genesis while the feed is empty. */
  @Column({ type: 'text' })
  hash!: string;

  /** Everything up to here has been in the log: at times brought up to date, never moved back. */
  @Column({ type: 'bigint', default: 0 })
  disclosed!: string;
}
