import type { EntityManager } from 'typeorm';
import type { HoldView } from '#libs/contracts';

interface HoldRow {
  readonly hold_id: string;
  readonly leg_id: string;
  readonly placed_at: Date;
  readonly placed_by: string;
  readonly reason: string;
  readonly released_at: Date | null;
  readonly released_by: string | null;
  readonly release_reason: string | null;
}

/** Who does it, and why. */
export interface HoldAct {
  readonly holdId: string;
  readonly legId: string;
  readonly at: Date;
  readonly officer: string;
  readonly subject: string;
  readonly reason: string;
}

const HOLDS =
  'select hold_id, leg_id, placed_at, placed_by, reason, released_at, released_by, release_reason from leg_hold';

export async function insertHold(
  tx: EntityManager,
  { holdId, legId, at, officer, subject, reason }: HoldAct,
): Promise<void> {
  await tx.query(
    'insert into leg_hold (hold_id, leg_id, placed_at, placed_by, placed_by_subject, reason) values ($1, $2, $3, $4, $5, $6)',
    [holdId, legId, at, officer, subject, reason],
  );
}

/** The first release stays. */
export async function markReleased(
  tx: EntityManager,
  { holdId, legId, at, officer, subject, reason }: HoldAct,
): Promise<void> {
  await tx.query(
    `update leg_hold set released_at = $3, released_by = $4, released_by_subject = $5, release_reason = $6
      where hold_id = $1 and leg_id = $2 and released_at is null`,
    [holdId, legId, at, officer, subject, reason],
  );
}

export async function findHold(manager: EntityManager, legId: string, holdId: string): Promise<HoldView | undefined> {
  const [row]: HoldRow[] = await manager.query(`${HOLDS} where leg_id = $1 and hold_id = $2`, [legId, holdId]);
  return row && viewOf(row);
}

/** Newest first, behind a position. */
export async function findHolds(
  manager: EntityManager,
  { legId, before, limit }: { readonly legId: string; readonly before: string | undefined; readonly limit: number },
): Promise<HoldView[]> {
  const rows: HoldRow[] = await manager.query(
    `${HOLDS} where leg_id = $1 and ($2::uuid is null or hold_id < $2) order by hold_id desc limit $3`,
    [legId, before, limit],
  );
  return rows.map(viewOf);
}

function viewOf({ hold_id, leg_id, placed_at, placed_by, reason, ...released }: HoldRow): HoldView {
  const { released_at: at, released_by: by, release_reason: why } = released;
  return {
    holdId: hold_id,
    legId: leg_id,
    placedAt: placed_at.toISOString(),
    placedBy: placed_by,
    reason,
    ...(at && by && why ? { released: { at: at.toISOString(), by, reason: why } } : {}),
  };
}
