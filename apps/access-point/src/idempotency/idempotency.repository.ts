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

/** An act that claims its key, with the answer that it will have. */
export interface KeyClaim {
  readonly act: ActKey;
  readonly fingerprint: string;
  readonly answer: unknown;
}

/** Indices of the claims whose key was free, each key for its first claim; waits for transactions that have one of them in hand. */
export async function claimKeys(tx: EntityManager, claims: readonly KeyClaim[]): Promise<number[]> {
  const rows: { nth: number }[] = await tx.query(
    `with given as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[])
         with ordinality as g (subject, key, fingerprint, answer, nth)
     ), claimed as (
       insert into idempotency_key (subject, key, fingerprint, answer, created_at)
       select subject, key, fingerprint, answer, now() from given order by subject, key, nth
       on conflict do nothing
       returning subject, key
     )
     select min(nth)::int as nth from given join claimed using (subject, key) group by subject, key order by nth`,
    [
      claims.map(({ act }) => act.subject),
      claims.map(({ act }) => act.key),
      claims.map(({ fingerprint }) => fingerprint),
      claims.map(({ answer }) => JSON.stringify(answer)),
    ],
  );
  return rows.map(({ nth }) => nth - 1);
}

/** An earlier act as it was kept. */
export interface KeptAct {
  readonly fingerprint: string;
  readonly answer: unknown;
}

export async function findAct(tx: EntityManager, { subject, key }: ActKey): Promise<KeptAct | undefined> {
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
