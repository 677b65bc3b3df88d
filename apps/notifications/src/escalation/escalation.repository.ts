import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Escalation } from './escalation.entity.js';

/** Every query of escalations under way; what begins and ends them is kept with what waits, in one statement. */
@Injectable()
export class EscalationRepository {
  /** Escalations whose next step is due, locked; those that somebody else is working on are left to them. */
  async lockDue(tx: EntityManager, now: Date, limit: number): Promise<Escalation[]> {
    return tx.query(
      `select leg_id as "legId", request_id as "requestId", requester, requester_desk as "requesterDesk", addressee, desk,
              delivered_at as "deliveredAt", ladder, steps, due_at as "dueAt"
         from escalation where due_at <= $1 order by due_at, leg_id limit $2 for update skip locked`,
      [now, limit],
    );
  }

  async moveOn(tx: EntityManager, legId: string, dueAt: Date): Promise<void> {
    await tx.query('update escalation set steps = steps + 1, due_at = $2 where leg_id = $1', [legId, dueAt]);
  }

  async end(tx: EntityManager, legId: string): Promise<void> {
    await tx.query('delete from escalation where leg_id = $1', [legId]);
  }
}
