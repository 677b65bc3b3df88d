import type { EntityManager } from 'typeorm';

export interface ActKey {
  readonly subject: string;
  readonly key: string;
}

/** True when the key was free; waits for a transaction that has it in hand. */
export async function claimKey(tx: EntityManager, { subject, key }: ActKey, fingerprint: string): Promise<boolean> {
  const claimed: unknown[] = await tx.query(
    `insert into idempotency_key (subject, key, fingerprint, created_at) values ($1, $2, $3, now())
     on conflict do nothing returning key`,
    [subject, key, fingerprint],
  );
  return claimed.length === 1;
}

export async function findAct(
  tx: EntityManager,
  { subject, key }: ActKey,
): Promise<{ fingerprint: string; answer: unknown }> {
  const [row] = await tx.query('select fingerprint, answer from idempotency_key where subject = $1 and key = $2', [
    subject,
    key,
  ]);
  return row;
}

export async function keepAnswer(tx: EntityManager, { subject, key }: ActKey, answer: unknown): Promise<void> {
  await tx.query('update idempotency_key set answer = $3::jsonb where subject = $1 and key = $2', [
    subject,
    key,
    JSON.stringify(answer),
  ]);
}

export async function forgetKeysBefore(manager: EntityManager, moment: Date): Promise<void> {
  await manager.query('delete from idempotency_key where created_at < $1', [moment]);
}
