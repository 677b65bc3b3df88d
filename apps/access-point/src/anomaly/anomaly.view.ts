import type { AnomalySummary, AnomalyView, AuditRecord, QuestionView } from '#libs/contracts';
import type { AnomalyRow } from './anomaly.repository.js';

/** An item as auditors see it in a list. */
export function toSummary(row: AnomalyRow): AnomalySummary {
  const { officer, participant, desk, leg_id: legId, answer_due: due } = row;
  return {
    itemId: row.item_id,
    rule: row.rule,
    state: row.state,
    ...(officer === null ? {} : { officer }),
    ...(participant === null ? {} : { participant }),
    ...(desk === null ? {} : { desk }),
    ...(legId === null ? {} : { legId }),
    from: row.from.toISOString(),
    until: row.until.toISOString(),
    score: row.score,
    threshold: row.threshold,
    foundAt: row.found_at.toISOString(),
    ...(due === null ? {} : { answerDue: due.toISOString() }),
    overdue: row.overdue,
  };
}

/** The same opened. */
export function toView(row: AnomalyRow, records: AuditRecord[], answer: string | undefined): AnomalyView {
  const { outcome } = row;
  const question = said(row.asked_at, row.asked_by, row.question);
  const conclusion = said(row.concluded_at, row.concluded_by, row.conclusion);
  return {
    ...toSummary(row),
    records,
    ...(question === undefined ? {} : { question }),
    ...answeredIn(row, answer, (at) => ({ at, by: row.answered_by! })),
    ...(conclusion === undefined || outcome === null ? {} : { conclusion: { ...conclusion, outcome } }),
  };
}

/** What the officer sees of it: neither the rule nor what it measured. */
export function toQuestion(row: AnomalyRow, records: AuditRecord[], answer: string | undefined): QuestionView {
  return {
    itemId: row.item_id,
    question: row.question!,
    askedAt: row.asked_at!.toISOString(),
    answerDue: row.answer_due!.toISOString(),
    acts: records.map(({ recordId, at, action, type, desk, legId }) => ({
      ...{ recordId, at, action, type },
      ...(desk === undefined ? {} : { desk }),
      ...(legId === undefined ? {} : { legId }),
    })),
    ...answeredIn(row, answer, (at) => ({ at })),
  };
}

function said(at: Date | null, by: string | null, text: string | null) {
  return at && by && text ? { at: at.toISOString(), by, text } : undefined;
}

function answeredIn<Said>({ answered_at: at }: AnomalyRow, text: string | undefined, by: (at: string) => Said) {
  return at === null ? {} : { answer: { ...by(at.toISOString()), ...(text === undefined ? {} : { text }) } };
}
