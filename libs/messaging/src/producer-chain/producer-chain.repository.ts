import type { EntityManager } from 'typeorm';
import { atCommit } from '#libs/persistence';

/** Where a chain ends, before the envelopes that are being appended. */
export interface ChainEnd {
  readonly sequence: bigint;
  /** Absent before the first envelope. */
  readonly hash: string | undefined;
}

/** Locks the producer's chain until the transaction ends and says where it ends. One round trip, three the first time ever. */
export async function lockChain(tx: EntityManager, producer: string): Promise<ChainEnd> {
  const found = await selectForUpdate(tx, producer);
  if (found) return found;
  // Two first transactions meet here: one inserts, the other waits for it.
  await tx.query(
    `insert into producer_position (producer, sequence, hash) values ($1, 0, '')
     on conflict do nothing`,
    [producer],
  );
  return (await selectForUpdate(tx, producer))!;
}

async function selectForUpdate(tx: EntityManager, producer: string): Promise<ChainEnd | undefined> {
  const [row]: { sequence: string; hash: string }[] = await tx.query(
    'select sequence, hash from producer_position where producer = $1 for update',
    [producer],
  );
  return row && { sequence: BigInt(row.sequence), hash: row.hash === '' ? undefined : row.hash };
}

/** Moves a locked chain, with the commit. */
export async function moveChain(tx: EntityManager, producer: string, sequence: bigint, hash: string): Promise<void> {
  await atCommit(tx, 'update producer_position set sequence = $2, hash = $3 where producer = $1', [
    producer,
    sequence.toString(),
    hash,
  ]);
}
