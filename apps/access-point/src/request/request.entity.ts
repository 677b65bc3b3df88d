import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A request that an officer of this participant sent; its content lies in the vault under its legs' envelopes. */
@Entity('request')
@Index('request_newest', ['createdAt', 'requestId'])
export class Request {
  @PrimaryColumn('uuid', { name: 'request_id' })
  requestId: string;

  @Column('text')
  kind: string;

  @Column('text')
  priority: string;

  @Column('text')
  desk: string;

  /** Pseudonym of the officer who sent it. */
  @Column('text')
  officer: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt: Date;
}
