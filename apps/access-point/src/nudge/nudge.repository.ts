import type { EntityManager } from 'typeorm';
import type { DeskNudges, EnvelopeState, EscalationStep } from '#libs/contracts';
import type { Problem } from '#libs/errors';

/** Settings of a desk that are on their way to the hub. */
export interface NewDeskNudges {
  readonly envelopeId: string;
  readonly desk: string;
  readonly nudges: DeskNudges;
  readonly effectiveFrom: string | undefined;
  readonly officer: string;
  readonly setAt: Date;
}

/** Settings that were sent, and what the hub said. */
export interface DeskNudgesRecord {
  readonly envelopeId: string;
  readonly nudges: DeskNudges;
  readonly effectiveFrom: Date | null;
  readonly officer: string;
  readonly setAt: Date;
  readonly state: EnvelopeState;
  readonly problem: Problem | null;
}

/** A contact that the hub has given up. */
export interface GivenUpContact {
  readonly eventId: string;
  readonly desk: string;
  readonly contact: string;
  readonly disabledAt: string;
  readonly reason: string;
}

/** Old settings are history that nobody asks for in full. */
const MOST = 20;

export async function insertDeskNudges(tx: EntityManager, sent: NewDeskNudges): Promise<void> {
  await tx.query(
    `insert into desk_nudges (envelope_id, desk, nudges, effective_from, officer, set_at)
     values ($1, $2, $3::jsonb, $4, $5, $6)`,
    [sent.envelopeId, sent.desk, JSON.stringify(sent.nudges), sent.effectiveFrom ?? null, sent.officer, sent.setAt],
  );
}

/** The newest settings of a desk, newest first. */
export async function findDeskNudges(manager: EntityManager, desk: string): Promise<DeskNudgesRecord[]> {
  return manager.query(
    `select n.envelope_id as "envelopeId", n.nudges, n.effective_from as "effectiveFrom", n.officer, n.set_at as "setAt",
            o.state, o.problem
       from desk_nudges n join outgoing_envelope o using (envelope_id)
      where n.desk = $1 order by o.producer_sequence desc limit $2`,
    [desk, MOST],
  );
}

export async function insertGivenUp(tx: EntityManager, contacts: readonly GivenUpContact[]): Promise<void> {
  for (const { eventId, desk, contact, disabledAt, reason } of contacts) {
    await tx.query(
      `insert into disabled_contact (event_id, desk, contact, disabled_at, reason) values ($1, $2, $3, $4, $5)
       on conflict do nothing`,
      [eventId, desk, contact, disabledAt, reason],
    );
  }
}

/** Contacts that were given up after the hub last took settings of the desk, newest first: taking settings tries them all again. */
export async function findGivenUp(
  manager: EntityManager,
  desk: string,
): Promise<{ contact: string; disabledAt: Date; reason: string }[]> {
  return manager.query(
    `select contact, disabled_at as "disabledAt", reason
       from disabled_contact
      where desk = $1 and disabled_at > coalesce(
              (select max(o.decided_at) from desk_nudges n join outgoing_envelope o using (envelope_id)
                where n.desk = $1 and o.state = 'ACCEPTED'), '-infinity')
      order by disabled_at desc limit $2`,
    [desk, MOST],
  );
}

/** A step of the hub's ladder for a leg. */
export interface LadderStep {
  readonly eventId: string;
  readonly legId: string;
  readonly step: number;
  readonly rung: EscalationStep['rung'];
  readonly at: string;
  readonly onDuty?: boolean;
}

export async function insertSteps(tx: EntityManager, steps: readonly LadderStep[]): Promise<void> {
  for (const { eventId, legId, step, rung, at, onDuty } of steps) {
    await tx.query(
      `insert into escalation_step (event_id, leg_id, step, rung, at, on_duty) values ($1, $2, $3, $4, $5, $6)
       on conflict do nothing`,
      [eventId, legId, step, rung, at, onDuty ?? null],
    );
  }
}

export async function findSteps(manager: EntityManager, legId: string): Promise<EscalationStep[]> {
  const rows: { step: number; rung: EscalationStep['rung']; at: Date; onDuty: boolean | null }[] = await manager.query(
    'select step, rung, at, on_duty as "onDuty" from escalation_step where leg_id = $1 order by step',
    [legId],
  );
  return rows.map(({ step, rung, at, onDuty }) => ({
    step,
    rung,
    at: at.toISOString(),
    ...(onDuty === null ? {} : { onDuty }),
  }));
}
