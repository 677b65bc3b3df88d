import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/** An envelope id and a producer's number, taken for ever by the bytes that came with them first. */
@Entity('accepted_envelope')
@Unique('accepted_envelope_producer_seq', ['producer', 'producerSeq'])
export class AcceptedEnvelope {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'accepted_envelope_pkey' })
  id!: string;

  /** URN of the participant that signed it. */
  @Column({ type: 'text' })
  producer!: string;

  /** Up to 19 digits: more than a bigint holds. */
  @Column({ name: 'producer_seq', type: 'numeric', precision: 19, scale: 0 })
  producerSeq!: string;

  /** SHA-256 of the compact JWS, base64url. */
  @Column({ type: 'text' })
  sha256!: string;

  @Column({ name: 'received_at', type: 'timestamptz' })
  receivedAt!: Date;
}
