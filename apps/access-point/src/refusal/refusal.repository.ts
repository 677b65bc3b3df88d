import type { EntityManager } from 'typeorm';
import type { Officer } from '../officer/officer.js';

/** A refusal that waits for its second supervisor. */
export interface PendingRefusalRecord {
  readonly refusalId: string;
  readonly legId: string;
  readonly proposedBySubject: string;
  readonly proposedBy: string;
  readonly proposedAt: Date;
}

const PENDING = `
  select refusal_id as "refusalId", leg_id as "legId", proposed_by_subject as "proposedBySubject",
         proposed_by as "proposedBy", proposed_at as "proposedAt"
    from refusal
   where state = 'PENDING'`;

export async function findPendingRefusal(
  manager: EntityManager,
  legId: string,
): Promise<PendingRefusalRecord | undefined> {
  const [refusal]: PendingRefusalRecord[] = await manager.query(`${PENDING} and leg_id = $1`, [legId]);
  return refusal;
}

/** Adds a proposal; one that waited before is replaced. */
export async function proposeRefusal(
  tx: EntityManager,
  { refusalId, legId, officer }: { refusalId: string; legId: string; officer: Officer },
): Promise<void> {
  await tx.query(`update refusal set state = 'REPLACED' where leg_id = $1 and state = 'PENDING'`, [legId]);
  await tx.query(
    `insert into refusal (refusal_id, leg_id, state, proposed_by_subject, proposed_by, proposed_at)
     values ($1, $2, 'PENDING', $3, $4, now())`,
    [refusalId, legId, officer.subject, officer.pseudonym],
  );
}

/** Notes that a proposal has become a signed envelope, and with whose countersignature where it needed one. */
export async function markRefusalSent(
  tx: EntityManager,
  { refusalId, envelopeId, countersigner }: { refusalId: string; envelopeId: string; countersigner?: Officer },
): Promise<void> {
  await tx.query(
    `update refusal
        set state = 'SENT', sent_at = now(), envelope_id = $2, countersigned_by_subject = $3, countersigned_by = $4
      where refusal_id = $1`,
    [refusalId, envelopeId, countersigner?.subject, countersigner?.pseudonym],
  );
}
