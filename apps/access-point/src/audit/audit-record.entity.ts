import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AuditRecord } from '#libs/contracts';

/**
 * What auditors search: one narrow row for each message of a leg, each event that the hub sent by itself and each entry of the access log. Triggers on these write it,
 * so nothing can be stored without it. Rows are only ever added.
 */
@Entity('audit_record')
@Index('audit_record_of_leg', ['legId'])
@Index('audit_record_of_officer', ['officer', 'at', 'recordId'])
export class AuditRecordRow {
  @PrimaryColumn({ type: 'timestamptz', precision: 3 })
  at: Date;

  /** Id of the envelope, event or entry. */
  @PrimaryColumn('uuid', { name: 'record_id' })
  recordId: string;

  @Column('text')
  action: AuditRecord['action'];

  /** Of the message; operation of an entry of the access log. */
  @Column('text')
  type: string;

  @Column('uuid', { name: 'leg_id', nullable: true })
  legId: string | null;

  /** The other side of the leg. */
  @Column('text', { nullable: true })
  counterpart: string | null;

  /** That acted, of either side. */
  @Column('text', { nullable: true })
  desk: string | null;

  /** Pseudonym. */
  @Column('text', { nullable: true })
  officer: string | null;

  @Column('text', { nullable: true })
  purpose: string | null;

  /** Of a refusal, as it crossed the border. */
  @Column('text', { nullable: true })
  ground: string | null;
}
