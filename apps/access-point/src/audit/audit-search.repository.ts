import type { EntityManager } from 'typeorm';
import type { AuditCriteria, AuditRecord, EnvelopeState, RequestLegStatus } from '#libs/contracts';
import type { Problem } from '#libs/errors';

/** So many of the newest records are looked through first. Most searches find a page among them; the others read through everything once. */
const NEWEST = 20_000;

/** A record as it is shown, with what its sources know. */
export interface FoundRecord {
  readonly record_id: string;
  readonly at: Date;
  readonly action: AuditRecord['action'];
  readonly type: string;
  readonly leg_id: string | null;
  readonly counterpart: string | null;
  readonly desk: string | null;
  readonly officer: string | null;
  readonly purpose: NonNullable<AuditRecord['purpose']> | null;
  readonly ground: NonNullable<AuditRecord['ground']> | null;
  readonly request_id: string | null;
  readonly leg_status: RequestLegStatus | null;
  /** Null where the leg is not known here. */
  readonly deadline: NonNullable<AuditRecord['leg']>['deadline'] | null;
  readonly outcome: NonNullable<AuditCriteria['outcome']> | null;
  readonly envelope_id: string | null;
  readonly attachment_id: string | null;
  readonly sha256: string | null;
  /** Signed bytes of an event. */
  readonly event_jws: string | null;
  readonly state: EnvelopeState | null;
  readonly problem: Problem | null;
  readonly code: string | null;
  readonly log_origin: string | null;
  /** JSON of the leaf opening. */
  readonly log_opening: string | null;
  readonly reason: string | null;
  readonly criteria: AuditCriteria | null;
}

export interface RecordSearch {
  readonly criteria: AuditCriteria;
  /** Only what this officer did, by pseudonym. */
  readonly actsOf: string | undefined;
  readonly before: { readonly at: string; readonly recordId: string } | undefined;
  readonly limit: number;
}

const DEADLINE = `
  case when l.overdue then 'OVERDUE' when (l.state ->> 'excused')::boolean then 'EXCUSED'
       when l.due_at is null then 'NONE' else 'WITHIN' end`;

const STATUS = `case when l.assigned and l.status = 'ACKNOWLEDGED' then 'ASSIGNED' else l.status end`;

/** Where a criterion is met; `$` stands for its value. */
const OF_RECORD: Readonly<Partial<Record<keyof AuditCriteria, string>>> = {
  counterpart: 'counterpart = $',
  desk: 'desk = $',
  officer: 'officer = $',
  purpose: 'purpose = $',
  action: 'action = $',
  type: 'type = $',
  ground: 'ground = $',
};
const OF_TIME: typeof OF_RECORD = { from: 'at >= $', until: 'at < $' };
const OF_LEG: typeof OF_RECORD = {
  status: `${STATUS} = $`,
  deadline: `${DEADLINE} = $`,
  outcome: `l.state ->> 'outcome' = $`,
};

/** Records newest first, below a position. */
export async function findRecords(manager: EntityManager, search: RecordSearch): Promise<FoundRecord[]> {
  const { criteria, actsOf, before, limit } = search;
  const values: unknown[] = [];
  const put = (value: unknown): string => `$${values.push(value)}`;
  const conditions = (table: typeof OF_RECORD): string[] =>
    Object.entries(table).flatMap(([name, met]) => {
      const value = criteria[name as keyof AuditCriteria];
      return value === undefined ? [] : [met.replace('$', () => put(value))];
    });
  const inTime = [
    ...conditions(OF_TIME),
    ...(before === undefined ? [] : [`(at, record_id) < (${put(before.at)}, ${put(before.recordId)})`]),
  ];
  const ofLeg = conditions(OF_LEG);
  const met = [
    ...conditions(OF_RECORD),
    ...(actsOf === undefined ? [] : [`officer = ${put(actsOf)}`]),
    ...(criteria.reference === undefined ? [] : [legsNamedBy(put(criteria.reference))]),
    ...(ofLeg.length === 0 ? [] : [`leg_id in (select l.leg_id from leg l where ${ofLeg.join(' and ')})`]),
  ];
  const page = `order by at desc, record_id desc limit ${put(limit)}`;
  if (criteria.reference === undefined) {
    const newest = `select * from audit_record ${where(inTime)} order by at desc, record_id desc limit ${NEWEST}`;
    const among = await manager.query(withSources(`select * from (${newest}) r ${where(met)} ${page}`), values);
    if (among.length === limit || met.length === 0) return among;
  }
  // The fence keeps the planner from walking down the index in the hope of finding a page soon: it cannot know how criteria exclude each other.
  const all = `select * from audit_record ${where([...inTime, ...met])} offset 0`;
  return manager.query(withSources(`select * from (${all}) r ${page}`), values);
}

/** Pseudonyms of everybody of this participant who ever did something. */
export async function findOwnOfficers(manager: EntityManager): Promise<string[]> {
  const rows: { officer: string }[] = await manager.query(
    `select distinct officer from audit_record where officer is not null and action not in ('RECEIVED', 'STATED')`,
  );
  return rows.map(({ officer }) => officer);
}

/** Records by their ids, newest first; they lie in the time that is named, or within a day of it. */
export function findRecordsById(
  manager: EntityManager,
  { ids, from, until }: { readonly ids: readonly string[]; readonly from: Date; readonly until: Date },
): Promise<FoundRecord[]> {
  const inTime = `at between $2::timestamptz - interval '1 day' and $3::timestamptz + interval '1 day'`;
  const page = `select * from audit_record where ${inTime} and record_id = any ($1::uuid[])`;
  return manager.query(withSources(page), [ids, from, until]);
}

const where = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;

/** A leg that was only asked for in vain is not known here. */
const legsNamedBy = (reference: string): string => `
  leg_id = any (array(select leg_id from leg where request_id = ${reference} union select leg_id from message where envelope_id = ${reference}
                      union select ${reference}::uuid))`;

/** A page of records with what their sources know. */
const withSources = (page: string): string => `
  with page as materialized (${page})
  select r.*, l.request_id, ${STATUS} as leg_status, case when l.leg_id is not null then ${DEADLINE} end as deadline,
         l.state ->> 'outcome' as outcome, coalesce(m.envelope_id, a.envelope_id) as envelope_id, a.attachment_id,
         coalesce(o.sha256, i.sha256) as sha256, e.jws as event_jws,
         case when m.envelope_id is not null then coalesce(o.state, 'ACCEPTED') end as state, o.problem, a.code,
         p.origin as log_origin, p.opening as log_opening, a.reason, a.criteria
    from page r
         left join leg l using (leg_id)
         left join message m on m.envelope_id = r.record_id
         left join outgoing_envelope o on o.envelope_id = r.record_id
         left join received_envelope i on i.envelope_id = r.record_id
         left join leg_event e on e.event_id = r.record_id
         left join access_log a on a.entry_id = r.record_id
         left join log_proof p on p.envelope_id = r.record_id
   order by r.at desc, r.record_id desc`;
