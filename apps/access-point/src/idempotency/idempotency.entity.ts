import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An act that was done, by the key that its caller chose. `answer` holds ids only. */
@Entity('idempotency_key')
@Index('idempotency_key_age', ['createdAt'])
export class IdempotencyKey {
  @PrimaryColumn('text')
  subject: string;

  @PrimaryColumn('text')
  key: string;

  /** Keyed hash of operation, context and body. */
  @Column('text')
  fingerprint: string;

  @Column('jsonb', { nullable: true })
  answer: unknown;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;
}
