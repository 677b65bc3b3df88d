import type { EntityManager } from 'typeorm';
import type { FeedFault } from '#libs/contracts';
import type { FeedBreak } from './feed-break.js';
import type { FeedPosition } from './feed-chain.js';

/** A break that was met, and the report about it. */
export interface NewDispute {
  readonly after: FeedPosition;
  readonly found: FeedBreak;
  readonly metAt: Date;
  readonly envelopeId: string;
}

/** False when this break is known already, or another instance has meanwhile read on from there. */
export async function insertDispute(
  tx: EntityManager,
  { after, found: { fault, met }, metAt, envelopeId }: NewDispute,
): Promise<boolean> {
  const inserted: unknown[] = await tx.query(
    `insert into feed_dispute (after_sequence, head, fault, met_sequence, met_hash, met_event, met_cause, met_at, envelope_id)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9
      where $1::bigint = coalesce((select sequence from feed_cursor), 0)
     on conflict (after_sequence) do nothing
     returning 1`,
    [after.sequence, after.head, fault, met?.sequence, met?.hash, met?.event, met?.cause, metAt, envelopeId],
  );
  return inserted.length === 1;
}

/** The break at which reading stands, if it stands at one. */
export async function findOpenDispute(
  manager: EntityManager,
): Promise<{ afterSequence: string; fault: FeedFault } | undefined> {
  const [row]: { afterSequence: string; fault: FeedFault }[] = await manager.query(
    `select after_sequence as "afterSequence", fault from feed_dispute
      where after_sequence = coalesce((select sequence from feed_cursor), 0)`,
  );
  return row;
}
