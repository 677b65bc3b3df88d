import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AccessLogEntry, AuditCriteria } from '#libs/contracts';

/** Who looked at what, or was denied; rows are only ever added. */
@Entity('access_log')
@Check('access_log_action', `action in ('CONSULTED', 'DENIED', 'EXPORTED', 'AUDIT_QUERIED', 'ERASED')`)
@Index('access_log_newest', ['at', 'entryId'])
@Index('access_log_of_leg', ['legId', 'at', 'entryId'])
export class AccessLogRow {
  @PrimaryColumn('uuid', { name: 'entry_id' })
  entryId: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at: Date;

  @Column('text')
  action: AccessLogEntry['action'];

  /** Who it was, in the words of the identity provider; never leaves this access point. */
  @Column('text')
  subject: string;

  /** Pseudonym of the officer. */
  @Column('text')
  officer: string;

  @Column('text', { nullable: true })
  desk: string | null;

  @Column('text', { nullable: true })
  purpose: string | null;

  @Column('uuid', { name: 'leg_id', nullable: true })
  legId: string | null;

  @Column('uuid', { name: 'envelope_id', nullable: true })
  envelopeId: string | null;

  @Column('uuid', { name: 'attachment_id', nullable: true })
  attachmentId: string | null;

  @Column('text')
  operation: string;

  /** Code of the refusal, of a denial only. */
  @Column('text', { nullable: true })
  code: string | null;

  /** Why somebody searched, and for what. */
  @Column('text', { nullable: true })
  reason: string | null;

  @Column('jsonb', { nullable: true })
  criteria: AuditCriteria | null;
}
