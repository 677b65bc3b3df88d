import type { EntityManager, QueryRunner } from 'typeorm';
import type { EnvelopeState } from '#libs/contracts';
import type { SignedEnvelope } from '#libs/envelope';
import type { Problem } from '#libs/errors';

/** Commits on this channel wake the outgoing loop. */
export const OUTGOING_CHANNEL = 'access_point_outgoing';

/** An envelope that the gateway has not answered yet. */
export interface UnansweredEnvelope {
  readonly producer_sequence: string;
  readonly envelope_id: string;
  readonly leg_id: string;
  readonly type: string;
  readonly sha256: string;
  readonly jws: string;
}

/** What became of an envelope. */
export interface EnvelopeChange {
  readonly envelopeId: string;
  readonly legId: string;
  readonly state: EnvelopeState;
}

/** Stores signed envelopes and the messages that they are of their legs; the commit wakes the outgoing loop. */
export async function insertOutgoing(tx: EntityManager, envelopes: readonly SignedEnvelope[]): Promise<void> {
  const events = envelopes.map(({ event }) => event);
  await tx.query(
    `with given as (
       select * from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                            $8::jsonb[], $9::text[])
         as g (producer_sequence, envelope_id, leg_id, type, sha256, jws, time, header, content)
     ), sent as (
       insert into outgoing_envelope (producer_sequence, envelope_id, leg_id, type, sha256, jws, state, queued_at)
       select producer_sequence, envelope_id, leg_id, type, sha256, jws, 'QUEUED', now() from given
     ), said as (
       insert into message (envelope_id, leg_id, direction, type, time, header, content)
       select envelope_id, leg_id, 'outgoing', type, time, header, content from given order by producer_sequence
     )
     select pg_notify('${OUTGOING_CHANNEL}', '')`,
    [
      events.map(({ producerseq }) => producerseq),
      events.map(({ id }) => id),
      events.map(({ subject }) => subject),
      events.map(({ type }) => type),
      envelopes.map(({ sha256 }) => sha256),
      envelopes.map(({ jws }) => jws),
      events.map(({ time }) => time),
      events.map(({ data }) => JSON.stringify(data.header)),
      events.map(({ data }) => (data.content === undefined ? 'NONE' : 'STORED')),
    ],
  );
}

/** As {@link insertOutgoing}, for envelopes that belong to no leg. */
export async function insertOutgoingAlone(tx: EntityManager, envelopes: readonly SignedEnvelope[]): Promise<void> {
  for (const { event, sha256, jws } of envelopes) {
    await tx.query(
      `with sent as (
         insert into outgoing_envelope (producer_sequence, envelope_id, leg_id, type, sha256, jws, state, queued_at)
         values ($1, $2, $3, $4, $5, $6, 'QUEUED', now())
       )
       select pg_notify('${OUTGOING_CHANNEL}', '')`,
      [event.producerseq, event.id, event.subject, event.type, sha256, jws],
    );
  }
}

/**
 * The oldest envelopes without an answer of the gateway, in the order of signing; those that the hub has already decided on among them, because
 * their receipt may have been lost. A leg waits while attachments of it are on their way. The first one always comes, however large.
 */
export async function findUnanswered(
  session: QueryRunner,
  { limit, maxBytes }: { limit: number; maxBytes: number },
): Promise<UnansweredEnvelope[]> {
  return session.query(
    `select producer_sequence, envelope_id, leg_id, type, sha256, jws
       from (select *, sum(length(jws) + 3) over (order by producer_sequence) as bytes
               from (select * from outgoing_envelope o
                      where answer_jws is null
                        and not exists (select 1 from attachment a
                                         where a.leg_id = o.leg_id and a.direction = 'outgoing' and a.state = 'WAITING')
                      order by producer_sequence limit $1) as oldest) as counted
      where bytes <= $2 or bytes = length(jws) + 3
      order by producer_sequence`,
    [limit, maxBytes],
  );
}

/** Keeps receipts of the gateway. An envelope that the hub has already decided on keeps that state. */
export async function keepReceipts(
  tx: EntityManager,
  receipts: readonly { envelopeId: string; jws: string; receivedAt: string }[],
): Promise<EnvelopeChange[]> {
  if (receipts.length === 0) return [];
  const [rows] = await tx.query(
    `update outgoing_envelope as e
        set answer_jws = r.jws, received_at = r.received_at,
            state = case when e.state = 'QUEUED' then 'RECEIVED' else e.state end
       from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as r (envelope_id, jws, received_at)
      where e.envelope_id = r.envelope_id and e.answer_jws is null
      returning e.envelope_id as "envelopeId", e.leg_id as "legId", e.state`,
    [
      receipts.map(({ envelopeId }) => envelopeId),
      receipts.map(({ jws }) => jws),
      receipts.map(({ receivedAt }) => receivedAt),
    ],
  );
  return rows;
}

/** Keeps refusals of the gateway: these envelopes have ended. */
export async function keepRefusals(
  tx: EntityManager,
  refusals: readonly { envelopeId: string; jws: string; refusedAt: string; problem: Problem }[],
): Promise<EnvelopeChange[]> {
  if (refusals.length === 0) return [];
  const [rows] = await tx.query(
    `update outgoing_envelope as e
        set answer_jws = r.jws, state = 'REFUSED', decided_at = r.refused_at, problem = r.problem
       from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::jsonb[]) as r (envelope_id, jws, refused_at, problem)
      where e.envelope_id = r.envelope_id and e.answer_jws is null
      returning e.envelope_id as "envelopeId", e.leg_id as "legId", e.state`,
    [
      refusals.map(({ envelopeId }) => envelopeId),
      refusals.map(({ jws }) => jws),
      refusals.map(({ refusedAt }) => refusedAt),
      refusals.map(({ problem }) => JSON.stringify(problem)),
    ],
  );
  return rows;
}

/** The hub's word on an own envelope, as an event of the requests service brings it. */
export interface Decision {
  readonly envelopeId: string;
  readonly state: 'ACCEPTED' | 'REFUSED';
  readonly eventJws: string;
  readonly decidedAt: string;
  readonly problem?: Problem;
}

/** Keeps decisions on envelopes that were signed here. */
export async function keepDecisions(tx: EntityManager, decisions: readonly Decision[]): Promise<EnvelopeChange[]> {
  if (decisions.length === 0) return [];
  const [rows] = await tx.query(
    `update outgoing_envelope as e
        set state = d.state, event_jws = d.event_jws, decided_at = d.decided_at, problem = d.problem
       from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::jsonb[])
         as d (envelope_id, state, event_jws, decided_at, problem)
      where e.envelope_id = d.envelope_id
      returning e.envelope_id as "envelopeId", e.leg_id as "legId", e.state`,
    [
      decisions.map(({ envelopeId }) => envelopeId),
      decisions.map(({ state }) => state),
      decisions.map(({ eventJws }) => eventJws),
      decisions.map(({ decidedAt }) => decidedAt),
      decisions.map(({ problem }) => (problem === undefined ? null : JSON.stringify(problem))),
    ],
  );
  return rows;
}

/** Age in seconds of the oldest envelope without an answer, and how many there are. */
export async function outgoingBacklog(manager: EntityManager): Promise<{ oldestSeconds: number; count: number }> {
  const [row] = await manager.query(
    `select count(*)::int as count,
            coalesce(extract(epoch from clock_timestamp() - min(queued_at)), 0)::float8 as "oldestSeconds"
       from outgoing_envelope where answer_jws is null`,
  );
  return row;
}

const LOOP_LOCK = `hashtext('serai:access-point-outgoing'), hashtext(current_schema())`;

/** True when this session now is the one that sends, until it ends. */
export async function becomeSender(session: QueryRunner): Promise<boolean> {
  const [row]: { locked: boolean }[] = await session.query(`select pg_try_advisory_lock(${LOOP_LOCK}) as locked`);
  return row!.locked;
}

export async function resignAsSender(session: QueryRunner): Promise<void> {
  await session.query(`select pg_advisory_unlock(${LOOP_LOCK})`);
}
