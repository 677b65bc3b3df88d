import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { FeedFault } from '#libs/contracts';

/** A break of the feed that was met, with what came instead as evidence. It lasts while the cursor stands at its position. */
@Entity('feed_dispute')
export class FeedDisputeRow {
  /** Number of the last entry that fitted. */
  @PrimaryColumn('bigint', { name: 'after_sequence' })
  afterSequence: string;

  @Column('text')
  head: string;

  @Column('text')
  fault: FeedFault;

  @Column('bigint', { name: 'met_sequence', nullable: true })
  metSequence: string | null;

  @Column('text', { name: 'met_hash', nullable: true })
  metHash: string | null;

  @Column('text', { name: 'met_event', nullable: true })
  metEvent: string | null;

  @Column('text', { name: 'met_cause', nullable: true })
  metCause: string | null;

  @Column({ type: 'timestamptz', name: 'met_at', precision: 3 })
  metAt: Date;

  /** The signed report to the hub. */
  @Column('uuid', { name: 'envelope_id' })
  envelopeId: string;
}
