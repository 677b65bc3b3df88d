import type { EntityManager } from 'typeorm';
import type { EnvelopeState, LegState, Priority, RequestKind, RequestLegStatus } from '#libs/contracts';
import type { Problem } from '#libs/errors';
import { atCommit } from '#libs/persistence';
import type { LegPlace, Reach } from '../officer/permission.js';
import type { LegSituation } from './leg.moves.js';

/** A leg with what its views and moves need. */
export interface LegRecord extends LegPlace, LegSituation {
  readonly legId: string;
  readonly requestId: string;
  readonly kind: RequestKind;
  readonly priority: Priority;
  readonly requesterParticipant: string;
  readonly requesterDesk: string;
  readonly addresseeParticipant: string;
  readonly addresseeDesk: string;
  readonly items: number;
  readonly submissionId: string;
  readonly createdAt: Date;
  readonly version: number;
  readonly state: LegState | null;
  readonly dueAt: Date | null;
  readonly assigned: boolean;
  readonly submission: EnvelopeState;
  readonly problem: Problem | null;
}

const LEGS = `
  select l.leg_id as "legId", l.request_id as "requestId", l.direction, l.own_desk as "ownDesk", l.kind, l.priority,
         l.requester_participant as "requesterParticipant", l.requester_desk as "requesterDesk",
         l.addressee_participant as "addresseeParticipant", l.addressee_desk as "addresseeDesk",
         l.items, l.submission_id as "submissionId", l.created_at as "createdAt", l.version, l.state,
         l.due_at as "dueAt", l.assigned, coalesce(s.state, 'ACCEPTED') as submission, s.problem,
         array(select distinct a.assigned_desk from assignment a
                where a.leg_id = l.leg_id and a.assigned_desk is not null) as "assignedDesks",
         array(select o.type from outgoing_envelope o
                where o.leg_id = l.leg_id and o.state in ('QUEUED', 'RECEIVED')
                order by o.producer_sequence) as "pendingTypes"
    from leg l left join outgoing_envelope s on s.envelope_id = l.submission_id`;

const WITHIN_REACH = `
  ($1::boolean or l.own_desk = any ($2::text[])
    or exists (select 1 from assignment a where a.leg_id = l.leg_id and a.assigned_desk = any ($3::text[])))`;

const reachParameters = ({ country, desks, assignedDesks }: Reach): unknown[] => [country, desks, assignedDesks];

export async function findLeg(manager: EntityManager, legId: string): Promise<LegRecord | undefined> {
  const [leg]: LegRecord[] = await manager.query(`${LEGS} where l.leg_id = $1`, [legId]);
  return leg;
}

/** The leg, held until the transaction ends: moves of one leg are made one after the other. */
export async function lockLeg(tx: EntityManager, legId: string): Promise<LegRecord | undefined> {
  await tx.query('select 1 from leg where leg_id = $1 for update', [legId]);
  return findLeg(tx, legId);
}

export async function findLegsOfRequests(
  manager: EntityManager,
  requestIds: readonly string[],
  reach: Reach,
): Promise<LegRecord[]> {
  return manager.query(
    `${LEGS} where ${WITHIN_REACH} and l.direction = 'outgoing' and l.request_id = any ($4::uuid[]) order by l.created_at, l.leg_id`,
    [...reachParameters(reach), requestIds],
  );
}

/** What a list of legs is narrowed down to, and where it goes on. */
export interface LegSearch {
  readonly reach: Reach;
  readonly direction?: 'incoming' | 'outgoing';
  readonly status?: RequestLegStatus;
  readonly desk?: string;
  readonly overdue?: boolean;
  /** Last leg of the page before: its time in the chosen order. */
  readonly after?: { readonly at: string; readonly legId: string };
  readonly limit: number;
}

const NARROWED = `
  ${WITHIN_REACH}
  and ($4::text is null or l.direction = $4)
  and ($5::text is null or $5 = case when l.assigned and l.status = 'ACKNOWLEDGED' then 'ASSIGNED' else l.status end)
  and ($6::text is null or l.own_desk = $6)
  and ($7::boolean is null or l.overdue = $7)`;

const searchParameters = ({ reach, direction, status, desk, overdue, after, limit }: LegSearch): unknown[] => [
  ...reachParameters(reach),
  direction,
  status,
  desk,
  overdue,
  after?.at,
  after?.legId,
  limit,
];

export async function findNewestLegs(manager: EntityManager, search: LegSearch): Promise<LegRecord[]> {
  return manager.query(
    `${LEGS}
     where ${NARROWED} and ($8::timestamptz is null or (l.created_at, l.leg_id) < ($8, $9::uuid))
     order by l.created_at desc, l.leg_id desc
     limit $10`,
    searchParameters(search),
  );
}

/** Legs by the end of their time, those without a running clock last. */
export async function findLegsByDueTime(manager: EntityManager, search: LegSearch): Promise<LegRecord[]> {
  return manager.query(
    `${LEGS}
     where ${NARROWED}
       and ($8::timestamptz is null or (coalesce(l.due_at, 'infinity'), l.leg_id) > ($8, $9::uuid))
     order by coalesce(l.due_at, 'infinity'), l.leg_id
     limit $10`,
    searchParameters(search),
  );
}

/** A leg that is new here. */
export interface NewLeg {
  readonly legId: string;
  readonly requestId: string;
  readonly direction: 'incoming' | 'outgoing';
  readonly ownDesk: string;
  readonly kind: string;
  readonly priority: string;
  readonly requester: { readonly participant: string; readonly desk: string };
  readonly addressee: { readonly participant: string; readonly desk: string };
  readonly items: number;
  readonly submissionId: string;
}

const INSERT_LEGS = `insert into leg (leg_id, request_id, direction, own_desk, kind, priority, requester_participant, requester_desk,
                      addressee_participant, addressee_desk, items, submission_id, created_at, version, overdue, assigned)
     select g.*, now(), 0, false, false
       from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                   $9::text[], $10::text[], $11::int[], $12::uuid[]) as g`;

function legColumns(legs: readonly NewLeg[]): unknown[] {
  return [
    legs.map(({ legId }) => legId),
    legs.map(({ requestId }) => requestId),
    legs.map(({ direction }) => direction),
    legs.map(({ ownDesk }) => ownDesk),
    legs.map(({ kind }) => kind),
    legs.map(({ priority }) => priority),
    legs.map(({ requester }) => requester.participant),
    legs.map(({ requester }) => requester.desk),
    legs.map(({ addressee }) => addressee.participant),
    legs.map(({ addressee }) => addressee.desk),
    legs.map(({ items }) => items),
    legs.map(({ submissionId }) => submissionId),
  ];
}

/** Stores legs of which the transaction goes on to store more. */
export async function insertLegs(tx: EntityManager, legs: readonly NewLeg[]): Promise<void> {
  if (legs.length > 0) await tx.query(INSERT_LEGS, legColumns(legs));
}

/** Stores legs with the commit. */
export async function insertLegsAtCommit(tx: EntityManager, legs: readonly NewLeg[]): Promise<void> {
  if (legs.length > 0) await atCommit(tx, INSERT_LEGS, legColumns(legs));
}

/** A leg after the hub's newest word on it. */
export interface LegChange {
  readonly legId: string;
  readonly version: number;
  readonly status: RequestLegStatus;
}

/** Takes states that are not older than what is known; an event that moves no version (a deadline) comes behind its leg's last move. */
export async function keepLegStates(tx: EntityManager, states: readonly LegState[]): Promise<LegChange[]> {
  if (states.length === 0) return [];
  const [rows] = await tx.query(
    `update leg as l
        set version = s.version, status = s.status, state = s.state, due_at = s.due_at, overdue = s.overdue
       from unnest($1::uuid[], $2::int[], $3::text[], $4::jsonb[], $5::timestamptz[], $6::boolean[])
         as s (leg_id, version, status, state, due_at, overdue)
      where l.leg_id = s.leg_id and l.version <= s.version
      returning l.leg_id as "legId", l.version,
                case when l.assigned and l.status = 'ACKNOWLEDGED' then 'ASSIGNED' else l.status end as status`,
    [
      states.map(({ legId }) => legId),
      states.map(({ version }) => version),
      states.map(({ status }) => status),
      states.map((state) => JSON.stringify(state)),
      states.map(({ clock }) => (clock.state === 'RUNNING' || clock.state === 'PAUSED' ? clock.dueAt : undefined)),
      states.map(({ overdue }) => overdue),
    ],
  );
  return rows;
}

export async function markAssigned(tx: EntityManager, legId: string): Promise<void> {
  await tx.query('update leg set assigned = true where leg_id = $1', [legId]);
}

/** True when nobody of the addressed desk had opened the request before. */
export async function claimFirstRead(tx: EntityManager, legId: string, readEnvelopeId: string): Promise<boolean> {
  const [rows] = await tx.query(
    'update leg set read_envelope_id = $2 where leg_id = $1 and read_envelope_id is null returning leg_id',
    [legId, readEnvelopeId],
  );
  return rows.length === 1;
}
