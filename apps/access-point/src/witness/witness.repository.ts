import type { EntityManager } from 'typeorm';
import { type Checkpoint, EMPTY_ROOT, type WitnessedHead } from '#libs/transparency-log';
import type { SignedHead } from '../receipt/log-proof.js';
import type { EvidenceKind } from './witness.entities.js';

/** A head with the checkpoint that the log signed over it; none before the first. */
export interface StoredHead extends WitnessedHead {
  readonly note: Buffer | null;
}

/** What was refused, and what it contradicts. */
export interface NewEvidence {
  readonly kind: EvidenceKind;
  readonly checkpointHash: Buffer;
  readonly origin: string;
  readonly request: Buffer;
  readonly known: Buffer | null;
}

/** Most rows of evidence of one kind: enough to prove a lie, and no way to fill the disk. */
const MOST_EVIDENCE = 100;

interface HeadRow {
  readonly size: string;
  readonly root: Buffer;
  readonly note: Buffer | null;
}

/** The newest head of a log, that of the empty log before the first; nobody else changes it until the transaction ends. */
export async function lockHead(tx: EntityManager, origin: string): Promise<StoredHead> {
  await tx.query(
    `insert into witness_head (origin, size, root, changed_at) values ($1, 0, $2, now()) on conflict do nothing`,
    [origin, EMPTY_ROOT],
  );
  const [row]: HeadRow[] = await tx.query('select size, root, note from witness_head where origin = $1 for update', [
    origin,
  ]);
  return headOf(row!);
}

/** The newest head of each log that was cosigned here. */
export async function findCosignedHeads(manager: EntityManager): Promise<SignedHead[]> {
  const rows: (HeadRow & { readonly origin: string; readonly note: Buffer })[] = await manager.query(
    'select origin, size, root, note from witness_head where note is not null order by origin',
  );
  return rows.map(({ origin, size, root, note }) => ({ origin, size: Number(size), root, note }));
}

/** Replaces the newest head, which the transaction has locked; once an hour the history has it too. */
export async function moveHead(tx: EntityManager, { origin, size, root }: Checkpoint, note: Buffer): Promise<void> {
  await tx.query('update witness_head set size = $2, root = $3, note = $4, changed_at = now() where origin = $1', [
    origin,
    size,
    root,
    note,
  ]);
  await tx.query(
    `insert into witness_history (origin, size, root, note, cosigned_at)
     select $1, $2, $3, $4, now()
      where not exists (select from witness_history where origin = $1 and cosigned_at > now() - interval '1 hour')
     on conflict do nothing`,
    [origin, size, root, note],
  );
}

/** The head of this very size that was cosigned, where the history has one. */
export async function findEarlierHead(
  tx: EntityManager,
  origin: string,
  size: number,
): Promise<StoredHead | undefined> {
  const [row]: HeadRow[] = await tx.query(
    'select size, root, note from witness_history where origin = $1 and size = $2',
    [origin, size],
  );
  return row && headOf(row);
}

/** True when it is kept: it was not known, and there is room. */
export async function insertEvidence(tx: EntityManager, evidence: NewEvidence): Promise<boolean> {
  const { kind, checkpointHash, origin, request, known } = evidence;
  const inserted: unknown[] = await tx.query(
    `insert into witness_evidence (kind, checkpoint_hash, origin, request, known, met_at)
     select $1, $2, $3, $4, $5, now()
      where (select count(*) from witness_evidence where kind = $1) < $6
     on conflict do nothing
     returning 1`,
    [kind, checkpointHash, origin, request, known, MOST_EVIDENCE],
  );
  return inserted.length === 1;
}

export async function countForks(manager: EntityManager): Promise<number> {
  const [row]: { count: string }[] = await manager.query(`select count(*) from witness_evidence where kind = 'fork'`);
  return Number(row!.count);
}

const headOf = ({ size, root, note }: HeadRow): StoredHead => ({ size: Number(size), root, note });
