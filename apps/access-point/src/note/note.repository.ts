import type { EntityManager } from 'typeorm';

export interface NoteRecord {
  readonly noteId: string;
  readonly legId: string;
  readonly officer: string;
  readonly desk: string;
  readonly createdAt: Date;
}

const NOTES = `select note_id as "noteId", leg_id as "legId", officer, desk, created_at as "createdAt" from note`;

export async function insertNote(tx: EntityManager, note: NoteRecord): Promise<void> {
  await tx.query('insert into note (note_id, leg_id, officer, desk, created_at) values ($1, $2, $3, $4, $5)', [
    note.noteId,
    note.legId,
    note.officer,
    note.desk,
    note.createdAt,
  ]);
}

export async function findNote(manager: EntityManager, noteId: string): Promise<NoteRecord> {
  const [note]: NoteRecord[] = await manager.query(`${NOTES} where note_id = $1`, [noteId]);
  return note!;
}

/** Notes on a leg, oldest first, behind a position. */
export async function findNotes(
  manager: EntityManager,
  { legId, after, limit }: { legId: string; after?: { at: string; id: string }; limit: number },
): Promise<NoteRecord[]> {
  return manager.query(
    `${NOTES}
      where leg_id = $1 and ($2::timestamptz is null or (created_at, note_id) > ($2, $3::uuid))
      order by created_at, note_id
      limit $4`,
    [legId, after?.at, after?.id, limit],
  );
}
