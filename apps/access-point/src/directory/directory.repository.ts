import type { EntityManager } from 'typeorm';
import type { DirectorySnapshot, SignedDirectoryChange } from '#libs/contracts';

/** A change that the feed brought. */
export interface AcceptedChange {
  readonly version: number;
  readonly head: string;
  readonly change: SignedDirectoryChange;
}

export async function findStoredSnapshot(
  manager: EntityManager,
): Promise<{ snapshot: DirectorySnapshot; verifiedAt: Date } | undefined> {
  const [row]: { snapshot: DirectorySnapshot; verified_at: Date }[] = await manager.query(
    'select snapshot, verified_at from directory_snapshot',
  );
  return row && { snapshot: row.snapshot, verifiedAt: row.verified_at };
}

export async function findStoredChanges(manager: EntityManager): Promise<AcceptedChange[]> {
  return manager.query('select version, head, change from directory_change order by version');
}

/** Keeps the newest snapshot and forgets the changes that it contains. */
export async function keepSnapshot(tx: EntityManager, snapshot: DirectorySnapshot, verifiedAt: Date): Promise<void> {
  await tx.query(
    `insert into directory_snapshot (id, version, snapshot, verified_at) values (1, $1, $2::jsonb, $3)
     on conflict (id) do update
       set version = excluded.version, snapshot = excluded.snapshot, verified_at = excluded.verified_at
     where directory_snapshot.version <= excluded.version`,
    [snapshot.version, JSON.stringify(snapshot), verifiedAt],
  );
  await tx.query('delete from directory_change where version <= $1', [snapshot.version]);
}

export async function keepChanges(tx: EntityManager, changes: readonly AcceptedChange[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.query(
    `insert into directory_change (version, head, change)
     select * from unnest($1::int[], $2::text[], $3::jsonb[])
     on conflict (version) do nothing`,
    [
      changes.map(({ version }) => version),
      changes.map(({ head }) => head),
      changes.map(({ change }) => JSON.stringify(change)),
    ],
  );
}
