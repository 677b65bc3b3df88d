import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { LogAlarmKind } from '#libs/contracts';

/** The newest published head of a log that this access point has verified: one row per log. */
@Entity('monitored_log')
@Check('monitored_log_root', 'octet_length(root) = 32 and size >= 0')
export class MonitoredLogRow {
  @PrimaryColumn('text')
  origin: string;

  @Column('bigint')
  size: string;

  @Column('bytea')
  root: Buffer;

  /** The checkpoint with its cosignatures, as it was published; null before the first. */
  @Column('bytea', { nullable: true })
  note: Buffer | null;

  /** When its witnesses saw it: the middle one of their times. */
  @Column({ type: 'timestamptz', name: 'witnessed_at', precision: 3, nullable: true })
  witnessedAt: Date | null;

  /** When this access point last learned something new from it, at first: when it began to look. */
  @Column({ type: 'timestamptz', name: 'news_at', precision: 3 })
  newsAt: Date;

  /** The log that goes on since this one has ended; null while it grows. */
  @Column('text', { name: 'continued_by', nullable: true })
  continuedBy: string | null;
}

/** What was found wrong with a log, with what proves it, and who has taken note. At most one of a kind and log is open. */
@Entity('log_alarm')
@Check(
  'log_alarm_kind',
  `kind in ('FORK', 'ROLLBACK', 'STALE', 'UNVERIFIABLE', 'WITNESS_BEHIND', 'MESSAGE_MISSING', 'SUCCESSION')`,
)
@Index('log_alarm_open', ['kind', 'origin'], { unique: true, where: 'acknowledged_at is null' })
@Index('log_alarm_newest', ['raisedAt'])
export class LogAlarmRow {
  @PrimaryColumn('uuid', { name: 'alarm_id' })
  alarmId: string;

  @Column('text')
  kind: LogAlarmKind;

  @Column('text')
  origin: string;

  @Column('text')
  finding: string;

  /** Bytes that were met. */
  @Column('bytea', { nullable: true })
  met: Buffer | null;

  /** The checkpoint that they contradict. */
  @Column('bytea', { nullable: true })
  known: Buffer | null;

  @Column({ type: 'timestamptz', name: 'raised_at', precision: 3 })
  raisedAt: Date;

  @Column({ type: 'timestamptz', name: 'acknowledged_at', precision: 3, nullable: true })
  acknowledgedAt: Date | null;

  @Column('text', { name: 'acknowledged_by', nullable: true })
  acknowledgedBy: string | null;

  @Column('text', { name: 'acknowledged_by_subject', nullable: true })
  acknowledgedBySubject: string | null;

  @Column('text', { nullable: true })
  reason: string | null;
}

/** Up to which own envelope, in the order of signing, everything was found in the log: one row, if any. */
@Entity('logged_message')
@Check('logged_message_single', 'id = 1')
export class LoggedMessageRow {
  @PrimaryColumn('integer')
  id: number;

  @Column('bigint', { name: 'producer_sequence' })
  producerSequence: string;
}
