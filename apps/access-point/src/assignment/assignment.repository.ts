import type { EntityManager } from 'typeorm';

export interface AssignmentRecord {
  readonly assignmentId: string;
  readonly legId: string;
  readonly assignedDesk: string | null;
  readonly dueAt: Date | null;
  readonly officer: string;
  readonly desk: string;
  readonly createdAt: Date;
}

const ASSIGNMENTS = `
  select assignment_id as "assignmentId", leg_id as "legId", assigned_desk as "assignedDesk", due_at as "dueAt", officer, desk,
         created_at as "createdAt"
    from assignment`;

export async function insertAssignment(tx: EntityManager, assignment: AssignmentRecord): Promise<void> {
  await tx.query(
    `insert into assignment (assignment_id, leg_id, assigned_desk, due_at, officer, desk, created_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      assignment.assignmentId,
      assignment.legId,
      assignment.assignedDesk,
      assignment.dueAt,
      assignment.officer,
      assignment.desk,
      assignment.createdAt,
    ],
  );
}

export async function findAssignment(manager: EntityManager, assignmentId: string): Promise<AssignmentRecord> {
  const [assignment]: AssignmentRecord[] = await manager.query(`${ASSIGNMENTS} where assignment_id = $1`, [
    assignmentId,
  ]);
  return assignment!;
}

/** Assignments of a leg, oldest first, behind a position. */
export async function findAssignments(
  manager: EntityManager,
  { legId, after, limit }: { legId: string; after?: { at: string; id: string }; limit: number },
): Promise<AssignmentRecord[]> {
  return manager.query(
    `${ASSIGNMENTS}
      where leg_id = $1 and ($2::timestamptz is null or (created_at, assignment_id) > ($2, $3::uuid))
      order by created_at, assignment_id
      limit $4`,
    [legId, after?.at, after?.id, limit],
  );
}
