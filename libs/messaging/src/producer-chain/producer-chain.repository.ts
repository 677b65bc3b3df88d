import type { EntityManager } from 'typeorm';

/** Where a chain ends, before the envelopes that are being appended. */
export interface ChainEnd {
  readonly sequence: bigint;
  /** Absent before the first envelope. */
  readonly hash: string | undefined;
}

/** Locks the producer's chain until the transaction ends and says where it ends. */
export async function lockChain(tx: EntityManager, producer: string): Promise<ChainEnd> {
  // The update changes nothing: it takes the row lock, also where another transaction has just created the row.
  const [row]: { sequence: string; hash: string }[] = await tx.query(
    `insert into producer_position as chain (producer, sequence, hash) values ($1, 0, '')
     on conflict (producer) do update set producer = excluded.producer
     returning sequence, hash`,
    [producer],
  );
  return { sequence: BigInt(row!.sequence), hash: row!.hash === '' ? undefined : row!.hash };
}

export async function moveChain(tx: EntityManager, producer: string, sequence: bigint, hash: string): Promise<void> {
  await tx.query('update producer_position set sequence = $2, hash = $3 where producer = $1', [
    producer,
    sequence.toString(),
    hash,
  ]);
}
