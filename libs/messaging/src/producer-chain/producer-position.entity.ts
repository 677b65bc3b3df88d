import { Column, Entity, PrimaryColumn } from 'typeorm';

/** End of a producer's chain of envelopes. */
@Entity('producer_position')
export class ProducerPosition {
  /** URN of the producer. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'producer_position_pkey' })
  producer!: string;

  /** Number of its last envelope. */
  @Column({ type: 'bigint' })
  sequence!: string;

  /** SHA-256 of its last envelope. */
  @Column({ type: 'text' })
  hash!: string;
}
