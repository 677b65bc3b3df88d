import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A participant's report that it was served a feed that does not fit, and what was found here. */
@Entity('feed_dispute')
export class FeedDisputeRow {
  @PrimaryColumn({ name: 'envelope_id', type: 'uuid', primaryKeyConstraintName: 'feed_dispute_pkey' })
  envelopeId!: string;

  @Column({ type: 'text' })
  participant!: string;

  /** Number of the last entry that fitted. */
  @Column({ name: 'after_sequence', type: 'bigint' })
  afterSequence!: string;

  @Column({ type: 'text' })
  fault!: string;

  @Column({ type: 'text' })
  finding!: string;

  @Column({ name: 'reported_at', type: 'timestamptz' })
  reportedAt!: Date;
}
