import type { EntityManager } from 'typeorm';
import type { LogAlarm, LogAlarmKind } from '#libs/contracts';

/** What is wrong with a log. */
export interface NewAlarm {
  readonly kind: LogAlarmKind;
  readonly origin: string;
  /** In a sentence, without personal data. */
  readonly finding: string;
  /** Bytes that were met. */
  readonly met?: Buffer;
  /** The checkpoint that they contradict. */
  readonly known?: Buffer | null;
}

/** Who takes note of an alarm, and what was found out. */
export interface Acknowledgement {
  readonly alarmId: string;
  readonly subject: string;
  readonly officer: string;
  readonly reason: string;
  readonly at: Date;
}

/** False when one of its kind is open for this log. */
export async function insertAlarm(tx: EntityManager, alarmId: string, alarm: NewAlarm, at: Date): Promise<boolean> {
  const { kind, origin, finding, met, known } = alarm;
  const inserted: unknown[] = await tx.query(
    `insert into log_alarm (alarm_id, kind, origin, finding, met, known, raised_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (kind, origin) where acknowledged_at is null do nothing
     returning 1`,
    [alarmId, kind, origin, finding, met ?? null, known ?? null, at],
  );
  return inserted.length === 1;
}

/** Whether an officer has taken note of such an alarm. */
export async function wasAcknowledged(manager: EntityManager, kind: LogAlarmKind, origin: string): Promise<boolean> {
  const rows: unknown[] = await manager.query(
    'select 1 from log_alarm where kind = $1 and origin = $2 and acknowledged_at is not null limit 1',
    [kind, origin],
  );
  return rows.length > 0;
}

export async function countOpenAlarms(manager: EntityManager): Promise<number> {
  const [row]: { count: string }[] = await manager.query(
    'select count(*) from log_alarm where acknowledged_at is null',
  );
  return Number(row!.count);
}

interface AlarmRow {
  readonly alarm_id: string;
  readonly kind: LogAlarmKind;
  readonly origin: string;
  readonly finding: string;
  readonly raised_at: Date;
  readonly acknowledged_at: Date | null;
  readonly acknowledged_by: string | null;
  readonly reason: string | null;
}

const COLUMNS = 'alarm_id, kind, origin, finding, raised_at, acknowledged_at, acknowledged_by, reason';

/** Open ones first, then the newest. */
export async function findAlarms(manager: EntityManager, limit: number): Promise<LogAlarm[]> {
  const rows: AlarmRow[] = await manager.query(
    `select ${COLUMNS} from log_alarm
      order by (acknowledged_at is null) desc, raised_at desc, alarm_id desc
      limit $1`,
    [limit],
  );
  return rows.map(viewOf);
}

export async function lockAlarm(tx: EntityManager, alarmId: string): Promise<LogAlarm | undefined> {
  const [row]: AlarmRow[] = await tx.query(`select ${COLUMNS} from log_alarm where alarm_id = $1 for update`, [
    alarmId,
  ]);
  return row && viewOf(row);
}

export async function markAcknowledged(tx: EntityManager, { alarmId, at, officer, subject, reason }: Acknowledgement) {
  await tx.query(
    `update log_alarm set acknowledged_at = $2, acknowledged_by = $3, acknowledged_by_subject = $4, reason = $5
      where alarm_id = $1 and acknowledged_at is null`,
    [alarmId, at, officer, subject, reason],
  );
}

function viewOf(row: AlarmRow): LogAlarm {
  const { acknowledged_at: at, acknowledged_by: by, reason } = row;
  return {
    alarmId: row.alarm_id,
    kind: row.kind,
    origin: row.origin,
    finding: row.finding,
    raisedAt: row.raised_at.toISOString(),
    ...(at && by && reason ? { acknowledged: { at: at.toISOString(), by, reason } } : {}),
  };
}
