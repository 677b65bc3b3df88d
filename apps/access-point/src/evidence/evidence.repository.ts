import type { EntityManager } from 'typeorm';

/** A message of a leg as it was signed, and what the hub said to it. */
export interface HeldMessage {
  /** Of the envelope. */
  readonly id: string;
  readonly sha256: string;
  readonly envelope: string;
  /** Of the gateway; who did not send the message has none. */
  readonly receipt: string | null;
  /** With which the hub accepted or refused it. */
  readonly event: string;
}

/** Messages of a leg on which the hub has decided, in the order in which they became known here. */
export async function findHeldMessages(manager: EntityManager, legId: string): Promise<HeldMessage[]> {
  return manager.query(
    `select m.envelope_id as id, coalesce(o.jws, r.jws) as envelope, coalesce(o.sha256, r.sha256) as sha256,
            o.answer_jws as receipt, coalesce(o.event_jws, r.event_jws) as event
       from message m
            left join outgoing_envelope o using (envelope_id)
            left join received_envelope r using (envelope_id)
      where m.leg_id = $1 and coalesce(o.event_jws, r.event_jws) is not null
      order by m.position`,
    [legId],
  );
}

/** What the hub said of a leg by itself, as it signed it. */
export async function findLegEvents(manager: EntityManager, legId: string): Promise<string[]> {
  const rows: { jws: string }[] = await manager.query('select jws from leg_event where leg_id = $1', [legId]);
  return rows.map(({ jws }) => jws);
}
