import type { EntityManager } from 'typeorm';

/** A message of a leg as it was signed, and what the hub said to it. */
export interface HeldMessage {
  readonly envelope: string;
  readonly sha256: string;
  readonly envelopeId: string;
  /** Of the gateway; who did not send the message has none. */
  readonly receipt: string | null;
  /** With which the hub accepted it; absent while it has not. */
  readonly event: string | null;
}

/** Messages of a leg that the hub took, in the order in which they became known here. */
export async function findHeldMessages(manager: EntityManager, legId: string): Promise<HeldMessage[]> {
  return manager.query(
    `select m.envelope_id as "envelopeId", coalesce(o.jws, r.jws) as envelope, coalesce(o.sha256, r.sha256) as sha256,
            o.answer_jws as receipt, coalesce(o.event_jws, r.event_jws) as event
       from message m
            left join outgoing_envelope o using (envelope_id)
            left join received_envelope r using (envelope_id)
      where m.leg_id = $1 and coalesce(o.state, 'ACCEPTED') <> 'QUEUED'
        and (o.state is distinct from 'REFUSED' or o.event_jws is not null)
      order by m.position`,
    [legId],
  );
}
