import type { EntityManager, QueryRunner } from 'typeorm';
import { accessRecorded, type CloudEvent, type EnvelopeState, legDelivered } from '#libs/contracts';
import type { SignedEnvelope } from '#libs/envelope';
import type { Problem } from '#libs/errors';
import { announceCommit } from '#libs/messaging';
import { atCommit } from '#libs/persistence';
import { APPEND_LIVE, LIVE_CHANNEL } from '../live/live.repository.js';
import { freshEnvelopesOf, type UnansweredEnvelope } from './fresh-envelopes.js';

/** Commits on this channel wake the outgoing loop. */
export const OUTGOING_CHANNEL = 'access_point_outgoing';
/** Told behind the origin of a commit with nothing in it that somebody waits for. */
export const UNHURRIED = 'unhurried';

/** What became of an envelope. */
export interface EnvelopeChange {
  readonly envelopeId: string;
  readonly legId: string;
  readonly state: EnvelopeState;
}

/**
 * Stores signed envelopes and the messages that they are of their legs with the commit, which wakes the outgoing loop. The loop of this process is handed those that
 * nothing of their leg must go ahead of: no attachment, no envelope that waits.
 */
export async function insertOutgoing(tx: EntityManager, envelopes: readonly SignedEnvelope[]): Promise<void> {
  const events = envelopes.map(({ event }) => event);
  const fresh = freshEnvelopesOf(tx.dataSource);
  await atCommit(
    tx,
    `with given as (
       select * from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                            $8::jsonb[], $9::text[])
         as g (producer_sequence, envelope_id, leg_id, type, sha256, jws, time, header, content)
     ), sent as (
       insert into outgoing_envelope (producer_sequence, envelope_id, leg_id, type, sha256, jws, state, queued_at)
       select producer_sequence, envelope_id, leg_id, type, sha256, jws, 'QUEUED', now() from given
     ), unproven as (
       insert into unproven_envelope select envelope_id from given
     )
     insert into message (envelope_id, leg_id, direction, type, time, header, content)
     select envelope_id, leg_id, 'outgoing', type, time, header, content from given order by producer_sequence
     returning envelope_id,
               not exists (select 1 from attachment a where a.leg_id = message.leg_id and a.direction = 'outgoing' and a.state = 'WAITING')
               and not exists (select 1 from outgoing_envelope o where o.leg_id = message.leg_id and o.answer_jws is null) as free`,
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
    (rows) => {
      const free = new Set(rows.filter((row) => row['free']).map((row) => row['envelope_id']));
      fresh.offer(envelopes.filter(({ event }) => free.has(event.id) && !hasAttachments(event)).map(toUnanswered));
      const pace = events.every(isUnhurried) ? ` ${UNHURRIED}` : '';
      announceCommit(tx.dataSource, OUTGOING_CHANNEL, `${fresh.origin}${pace}`);
    },
  );
}

/** Those may come into the table behind their envelope. */
function hasAttachments({ data }: CloudEvent): boolean {
  const { attachments } = data.header;
  return Array.isArray(attachments) && attachments.length > 0;
}

function toUnanswered({ event, sha256, jws }: SignedEnvelope): UnansweredEnvelope {
  const { producerseq, id, subject, type } = event;
  return { producer_sequence: producerseq!, envelope_id: id, leg_id: subject, type, sha256, jws };
}

/** A statement of delivery carries the time at which it was made. */
function isUnhurried({ type }: CloudEvent): boolean {
  return type === legDelivered.type;
}

/** As {@link insertOutgoing}, for envelopes that belong to no leg. Of those, records of accesses are what somebody may want to prove. */
export async function insertOutgoingAlone(tx: EntityManager, envelopes: readonly SignedEnvelope[]): Promise<void> {
  for (const { event, sha256, jws } of envelopes) {
    await atCommit(
      tx,
      `with unproven as (
         insert into unproven_envelope select $2::uuid where $4::text = '${accessRecorded.type}'
       )
       insert into outgoing_envelope (producer_sequence, envelope_id, leg_id, type, sha256, jws, state, queued_at)
       values ($1, $2, $3, $4, $5, $6, 'QUEUED', now())`,
      [event.producerseq, event.id, event.subject, event.type, sha256, jws],
      () => announceCommit(tx.dataSource, OUTGOING_CHANNEL),
    );
  }
}

/** A receipt or refusal of the gateway that is to be kept. */
export interface KeptAnswer {
  readonly envelopeId: string;
  readonly jws: string;
  /** When the gateway gave it. */
  readonly at: string;
  /** Of a refusal. */
  readonly problem?: Problem;
}

/**
 * Keeps answers of the gateway, of which a refusal ends its envelope, and finds the oldest envelopes that have none, in the order of signing; those that the hub
 * has already decided on among them, because their receipt may have been lost. A leg waits while attachments of it are on their way. The first one always comes,
 * however large. One round trip, one transaction.
 */
export async function exchangeAnswers(
  session: QueryRunner,
  answers: readonly KeptAnswer[],
  { limit, maxBytes }: { limit: number; maxBytes: number },
): Promise<UnansweredEnvelope[]> {
  // All parts see the same snapshot: what is answered now must be left out by hand. Rows are held in the order in which keepDecisions holds them, lest each
  // of the two should wait for the other.
  const [{ told }, ...unanswered]: [{ told: string | null }, ...UnansweredEnvelope[]] = await session.query(
    `with held as materialized (
       select envelope_id from outgoing_envelope where envelope_id = any ($3::uuid[]) order by producer_sequence for no key update
     ), kept as (
       update outgoing_envelope as e
          set answer_jws = a.jws, problem = coalesce(a.problem, e.problem),
              received_at = case when a.problem is null then a.at else e.received_at end,
              decided_at = case when a.problem is null then e.decided_at else a.at end,
              state = case when a.problem is not null then 'REFUSED' when e.state = 'QUEUED' then 'RECEIVED' else e.state end
         from held join unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::jsonb[]) as a (envelope_id, jws, at, problem) using (envelope_id)
        where e.envelope_id = held.envelope_id and e.answer_jws is null
        returning e.producer_sequence, e.envelope_id, e.leg_id, e.type, e.state
     ), live as (
       select 'envelope.changed' as kind, leg_id, jsonb_build_object('envelopeId', envelope_id, 'state', state) as detail, null as desk,
              producer_sequence as nth
         from kept where type <> '${accessRecorded.type}'
     ), ${APPEND_LIVE}, unanswered as (
       select producer_sequence, envelope_id, leg_id, type, sha256, jws
         from (select *, sum(length(jws) + 3) over (order by producer_sequence) as bytes
                 from (select * from outgoing_envelope o
                        where answer_jws is null
                          and envelope_id <> all ($3::uuid[])
                          and not exists (select 1 from attachment a
                                           where a.leg_id = o.leg_id and a.direction = 'outgoing' and a.state = 'WAITING')
                        order by producer_sequence limit $1) as oldest) as counted
        where bytes <= $2 or bytes = length(jws) + 3
     )
     select null as producer_sequence, null as envelope_id, null as leg_id, null as type, null as sha256, null as jws, told from told
     union all
     select *, null from unanswered
     order by producer_sequence nulls first`,
    [
      limit,
      maxBytes,
      answers.map(({ envelopeId }) => envelopeId),
      answers.map(({ jws }) => jws),
      answers.map(({ at }) => at),
      answers.map(({ problem }) => (problem === undefined ? null : JSON.stringify(problem))),
    ],
  );
  if (told !== null) announceCommit(session.dataSource, LIVE_CHANNEL, told);
  return unanswered;
}

/** The hub's word on an own envelope, as an event of the requests service brings it. */
export interface Decision {
  readonly envelopeId: string;
  readonly state: 'ACCEPTED' | 'REFUSED';
  readonly eventJws: string;
  readonly decidedAt: string;
  readonly problem?: Problem;
}

/** Keeps decisions on envelopes that were signed here. Holds them in the order of signing. */
export async function keepDecisions(tx: EntityManager, decisions: readonly Decision[]): Promise<EnvelopeChange[]> {
  if (decisions.length === 0) return [];
  const [rows] = await tx.query(
    `with held as materialized (
       select envelope_id from outgoing_envelope where envelope_id = any ($1::uuid[]) order by producer_sequence for no key update
     )
     update outgoing_envelope as e
        set state = d.state, event_jws = d.event_jws, decided_at = d.decided_at, problem = d.problem
       from held
            join unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::jsonb[])
              as d (envelope_id, state, event_jws, decided_at, problem) using (envelope_id)
      where e.envelope_id = held.envelope_id
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
