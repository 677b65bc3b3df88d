import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One record of a topic, as the log commits to it. Rows are only ever added. */
@Entity('leaf')
@Check('leaf_lengths', 'octet_length(entry) = 33 and octet_length(message_hash) = 32')
@Index('leaf_place', ['topic', 'partition', 'offset'], { unique: true })
@Index('leaf_envelope', ['envelopeId'])
export class Leaf {
  /** Place in the log, from 0. */
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'leaf_pkey' })
  index!: string;

  /** 33 bytes, see `leafEntry` of lib `evidence`. */
  @Column({ type: 'bytea' })
  entry!: Buffer;

  @Column({ type: 'text' })
  topic!: string;

  @Column({ type: 'integer' })
  partition!: number;

  @Column({ name: 'record_offset', type: 'bigint' })
  offset!: string;

  @Column({ name: 'accepted_at', type: 'timestamptz' })
  acceptedAt!: Date;

  /** 32 bytes. */
  @Column({ name: 'message_hash', type: 'bytea' })
  messageHash!: Buffer;

  @Column({ name: 'envelope_id', type: 'uuid', nullable: true })
  envelopeId!: string | null;

  @Column({ type: 'text', nullable: true })
  type!: string | null;

  @Column({ type: 'text', nullable: true })
  producer!: string | null;

  @Column({ name: 'producer_sequence', type: 'text', nullable: true })
  producerSequence!: string | null;
}

/** What opens a leaf, under the service's secret. Deleted when a record is erased: then nobody can tell what the leaf stands for. */
@Entity('leaf_salt')
export class LeafSalt {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'leaf_salt_pkey' })
  leaf!: string;

  @Column({ type: 'bytea' })
  wrapped!: Buffer;
}
