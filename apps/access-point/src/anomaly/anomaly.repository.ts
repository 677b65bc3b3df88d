import type { EntityManager } from 'typeorm';
import {
  type AnomalyOutcome,
  type AnomalyRule,
  type AnomalyState,
  JUSTIFICATION_HOURS,
  MAX_ANOMALY_RECORDS,
} from '#libs/contracts';
import type { AnomalyStep } from './anomaly.entities.js';
import type { Finding } from './anomaly-rule.js';

/** One instance looks at a time, until the transaction ends. @returns whether it is this one */
export async function tryLockFinding(tx: EntityManager): Promise<boolean> {
  const [row]: { locked: boolean }[] = await tx.query(
    `select pg_try_advisory_xact_lock(hashtext('serai:access-point-anomalies'), hashtext(current_schema())) as locked`,
  );
  return row!.locked;
}

/** @returns ids of those that were not there before */
export async function insertItems(
  tx: EntityManager,
  rule: AnomalyRule,
  foundAt: Date,
  found: readonly (Finding & { readonly itemId: string })[],
): Promise<string[]> {
  const added: string[] = [];
  for (const item of found) {
    // Ids are in the order of time.
    const records = item.records.toSorted().reverse().slice(0, MAX_ANOMALY_RECORDS);
    const rows: { item_id: string }[] = await tx.query(
      `insert into anomaly_item
         (item_id, rule, about, subject, officer, participant, desk, leg_id, "from", until, score, threshold, records, found_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
       on conflict (rule, about, until) do nothing returning item_id`,
      [
        ...[item.itemId, rule, item.about, item.subject, item.officer, item.participant, item.desk, item.legId],
        ...[item.from, item.until, item.score, item.threshold, records, foundAt],
      ],
    );
    added.push(...rows.map(({ item_id }) => item_id));
  }
  return added;
}

/** What somebody says of an item. */
export type NewStep = Pick<AnomalyStep, 'itemId' | 'step' | 'at' | 'subject' | 'officer'> &
  Partial<Pick<AnomalyStep, 'text' | 'contentId' | 'outcome'>>;

export async function insertStep(tx: EntityManager, step: NewStep): Promise<void> {
  await tx.query(
    `insert into anomaly_step (item_id, step, at, subject, officer, text, content_id, outcome)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [step.itemId, step.step, step.at, step.subject, step.officer, step.text, step.contentId, step.outcome],
  );
}

/** An item with what was said of it. */
export interface AnomalyRow {
  readonly item_id: string;
  readonly rule: AnomalyRule;
  readonly state: AnomalyState;
  readonly officer: string | null;
  readonly participant: string | null;
  readonly desk: string | null;
  readonly leg_id: string | null;
  readonly from: Date;
  readonly until: Date;
  readonly score: number;
  readonly threshold: number;
  readonly records: readonly string[];
  readonly found_at: Date;
  readonly asked_at: Date | null;
  readonly asked_by: string | null;
  readonly question: string | null;
  readonly answer_due: Date | null;
  readonly overdue: boolean;
  readonly answered_at: Date | null;
  readonly answered_by: string | null;
  readonly answer_id: string | null;
  readonly concluded_at: Date | null;
  readonly concluded_by: string | null;
  readonly outcome: AnomalyOutcome | null;
  readonly conclusion: string | null;
}

/** Of the items, those that meet all of it. */
export interface AnomalySelection {
  readonly itemId?: string | undefined;
  /** Not about this one. */
  readonly notAbout?: string;
  /** Asked of this one. */
  readonly askedOf?: string;
  readonly state?: AnomalyState | undefined;
  readonly rule?: AnomalyRule | undefined;
  readonly officer?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

const ITEMS = `
  select i.*, coalesce(c.outcome, case when a.at is not null then 'JUSTIFICATION_GIVEN' when q.at is not null then 'JUSTIFICATION_REQUESTED'
                                       else 'OPEN' end) as state,
         q.at as asked_at, q.officer as asked_by, q.text as question, q.at + interval '${JUSTIFICATION_HOURS} hours' as answer_due,
         coalesce(a.at is null and c.at is null and q.at + interval '${JUSTIFICATION_HOURS} hours' < clock_timestamp(), false) as overdue,
         a.at as answered_at, a.officer as answered_by, a.content_id as answer_id,
         c.at as concluded_at, c.officer as concluded_by, c.outcome, c.text as conclusion
    from anomaly_item i
         left join anomaly_step q on q.item_id = i.item_id and q.step = 'QUESTION'
         left join anomaly_step a on a.item_id = i.item_id and a.step = 'ANSWER'
         left join anomaly_step c on c.item_id = i.item_id and c.step = 'CONCLUSION'`;

/** Newest first. */
export function findItems(manager: EntityManager, selection: AnomalySelection): Promise<AnomalyRow[]> {
  const { itemId, notAbout, askedOf, state, rule, officer, before, limit } = selection;
  return manager.query(
    `select * from (${ITEMS}) as item
      where ($1::uuid is null or item_id = $1) and ($2::text is null or subject is distinct from $2)
        and ($3::text is null or subject = $3 and asked_at is not null) and ($4::text is null or state = $4)
        and ($5::text is null or rule = $5) and ($6::text is null or officer = $6) and ($7::uuid is null or item_id < $7)
      order by item_id desc limit $8`,
    [itemId, notAbout, askedOf, state, rule, officer, before, limit],
  );
}

/** Of those that were asked of somebody, how many are neither answered nor concluded. */
export async function countOpenQuestions(manager: EntityManager, subject: string): Promise<number> {
  const [row]: { count: number }[] = await manager.query(
    `select count(*)::integer as count
       from anomaly_item i
      where subject = $1 and exists (select from anomaly_step s where s.item_id = i.item_id and s.step = 'QUESTION')
        and not exists (select from anomaly_step s where s.item_id = i.item_id and s.step <> 'QUESTION')`,
    [subject],
  );
  return row!.count;
}

/** The item, held until the transaction ends: one step after the other. */
export async function lockItem(tx: EntityManager, itemId: string): Promise<void> {
  await tx.query('select from anomaly_item where item_id = $1 for update', [itemId]);
}

/** Answers, still in the vault, to what was concluded before a time. */
export async function findOldAnswers(manager: EntityManager, concludedBefore: Date): Promise<string[]> {
  const rows: { id: string }[] = await manager.query(
    `select a.content_id as id
       from anomaly_step a join anomaly_step c on c.item_id = a.item_id and c.step = 'CONCLUSION' and c.at < $1
            join content_key k on k.record_id = a.content_id
      where a.step = 'ANSWER'`,
    [concludedBefore],
  );
  return rows.map(({ id }) => id);
}
