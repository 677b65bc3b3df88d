import type { EntityManager } from 'typeorm';
import { accessRecorded } from '#libs/contracts';
import type { Problem } from '#libs/errors';
import { parseLeafOpening, serialiseLeafOpening } from '#libs/evidence';
import { HASH_BYTES } from '#libs/transparency-log';
import type { HeldEnvelope } from './held-envelope.js';
import type { LogProof } from './log-proof.js';

interface ProofRow {
  readonly envelope_id: string;
  readonly sha256: string;
  readonly opening: string;
  readonly hashes: Buffer;
  readonly origin: string;
  readonly size: string;
  readonly note: Buffer;
}

/** Kept proofs of envelopes, by their ids. */
export async function findLogProofs(manager: EntityManager, ids: readonly string[]): Promise<Map<string, LogProof>> {
  const rows: ProofRow[] = await manager.query(
    `select envelope_id, sha256, opening, hashes, origin, size, note
       from log_proof join proof_checkpoint using (origin, size)
      where envelope_id = any ($1::uuid[])`,
    [ids],
  );
  return new Map(rows.map((row) => [row.envelope_id, proofOf(row)]));
}

/** Keeps proofs, each the first of its envelope. */
export async function insertLogProofs(manager: EntityManager, proofs: readonly LogProof[]): Promise<void> {
  if (proofs.length === 0) return;
  await manager.query(
    `with given as (
       select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::bigint[], $7::bytea[])
         as g (envelope_id, sha256, opening, hashes, origin, size, note)
     ), kept as (
       insert into proof_checkpoint (origin, size, note) select distinct on (origin, size) origin, size, note from given
       on conflict do nothing
     )
     insert into log_proof (envelope_id, sha256, opening, hashes, origin, size)
     select envelope_id, sha256, opening, hashes, origin, size from given
     on conflict do nothing`,
    [
      proofs.map(({ envelope }) => envelope.id),
      proofs.map(({ envelope }) => envelope.sha256),
      proofs.map(({ opening }) => serialiseLeafOpening(opening)),
      proofs.map(({ hashes }) => Buffer.concat(hashes)),
      proofs.map(({ head }) => head.origin),
      proofs.map(({ head }) => head.size),
      proofs.map(({ head }) => head.note),
    ],
  );
}

function proofOf({ envelope_id: id, sha256, opening, hashes, origin, size, note }: ProofRow): LogProof {
  return {
    envelope: { id, sha256 },
    opening: parseLeafOpening(Buffer.from(opening)),
    hashes: Array.from({ length: hashes.length / HASH_BYTES }, (_, place) =>
      hashes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES),
    ),
    head: { origin, size: Number(size), note },
  };
}

/** A message that the hub has decided on, or what the hub said by itself, of which not everything is proven. */
export interface UnprovenEnvelope {
  readonly id: string;
  /** Of the message; null where there is none that the hub took. */
  readonly sha256: string | null;
  /** What the hub said, as it was signed. */
  readonly decision: string | null;
  readonly event: string | null;
}

/** The next of them behind an id, in the order of ids. Each is looked up by its key, however many have been proven before it. */
export async function findUnproven(manager: EntityManager, after: string, limit: number): Promise<UnprovenEnvelope[]> {
  return manager.query(
    `select u.envelope_id as id,
            case when o.state = 'REFUSED' and o.event_jws is null then null else coalesce(o.sha256, r.sha256) end as sha256,
            coalesce(o.event_jws, r.event_jws) as decision, e.jws as event
       from unproven_envelope u
            left join lateral (select * from outgoing_envelope where envelope_id = u.envelope_id limit 1) o on true
            left join lateral (select * from received_envelope where envelope_id = u.envelope_id limit 1) r on true
            left join lateral (select * from leg_event where event_id = u.envelope_id limit 1) e on true
      where u.envelope_id > $1
        and (coalesce(o.event_jws, r.event_jws, e.jws) is not null or o.state = 'REFUSED'
             or (o.type = '${accessRecorded.type}' and o.received_at is not null))
      order by u.envelope_id
      limit $2`,
    [after, limit],
  );
}

export async function markProven(manager: EntityManager, ids: readonly string[]): Promise<void> {
  await manager.query('delete from unproven_envelope where envelope_id = any ($1::uuid[])', [ids]);
}

/** What the hub has said to an envelope. */
export interface HubWord extends HeldEnvelope {
  /** The gateway's receipt or refusal, as it was signed; none for an envelope of others. */
  readonly answer: string | null;
  readonly problem: Problem | null;
  /** It is durable at the hub. */
  readonly isTaken: boolean;
  /** Nothing more will become of it: the gateway has refused it. */
  readonly isTurnedAway: boolean;
}

export async function findHubWords(manager: EntityManager, ids: readonly string[]): Promise<HubWord[]> {
  return manager.query(
    `select envelope_id as id, sha256, answer_jws as answer, problem, received_at is not null or event_jws is not null as "isTaken",
            answer_jws is not null and received_at is null as "isTurnedAway"
       from outgoing_envelope where envelope_id = any ($1::uuid[])
     union all
     select envelope_id, sha256, null, null, true, false from received_envelope where envelope_id = any ($1::uuid[])`,
    [ids],
  );
}
