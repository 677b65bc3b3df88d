import { Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A record that a consumer could not process, with its bytes; it waits for a human, to be replayed or discarded. */
@Entity('parked_message')
@Unique('parked_message_position', ['consumer', 'topic', 'partition', 'offset'])
@Index('parked_message_key', ['consumer', 'topic', 'key'])
export class ParkedMessage {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'parked_message_pkey',
  })
  id!: string;

  @Column({ type: 'text' })
  consumer!: string;

  @Column({ type: 'text' })
  topic!: string;

  @Column({ type: 'integer' })
  partition!: number;

  @Column({ type: 'bigint' })
  offset!: string;

  @Column({ type: 'text' })
  key!: string;

  @Column({ type: 'bytea' })
  value!: Buffer;

  @Column({ type: 'jsonb' })
  headers!: Record<string, string>;

  @Column({ name: 'appended_at', type: 'timestamptz' })
  appendedAt!: Date;

  /** Why: a code of the error table. */
  @Column({ type: 'text' })
  code!: string;

  @Column({ name: 'parked_at', type: 'timestamptz', default: () => 'now()' })
  parkedAt!: Date;

  /** Closed: it is kept as evidence, and nothing waits behind it any more. */
  @Column({ name: 'discarded_at', type: 'timestamptz', nullable: true })
  discardedAt!: Date | null;

  /** Key of the operator. */
  @Column({ name: 'discarded_by', type: 'text', nullable: true })
  discardedBy!: string | null;

  @Column({ name: 'discard_reason', type: 'text', nullable: true })
  discardReason!: string | null;
}
