import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An entry of the feed that was received while there were many, and waits for its turn. */
@Entity('feed_backlog')
export class FeedBacklogRow {
  @PrimaryColumn('bigint')
  sequence: string;

  @Column('text')
  hash: string;

  @Column('text', { name: 'event_jws' })
  eventJws: string;

  @Column('text', { name: 'cause_jws', nullable: true })
  causeJws: string | null;

  /** What it is: a smaller number comes first. */
  @Column('smallint')
  turn: number;

  /** What it is about: entries about one thing keep their order. Its own number where that is unknown. */
  @Column('text')
  subject: string;
}
