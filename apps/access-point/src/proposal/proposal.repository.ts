import type { EntityManager } from 'typeorm';
import type { DirectoryChange, DirectoryProposal } from '#libs/contracts';
import type { Problem } from '#libs/errors';
import type { Officer } from '../officer/officer.js';

export async function insertProposals(
  tx: EntityManager,
  changes: readonly DirectoryChange[],
  { subject, pseudonym }: Officer,
): Promise<void> {
  await tx.query(
    `insert into directory_proposal (change_id, change, proposed_by_subject, proposed_by, proposed_at, changed_at)
     select change_id, change, $3, $4, now(), now() from unnest($1::uuid[], $2::jsonb[]) as given (change_id, change)`,
    [changes.map(({ id }) => id), changes.map((change) => JSON.stringify(change)), subject, pseudonym],
  );
}

/** Who proposed a change here; null where it was handed in without having been proposed here. */
export interface ProposerRecord {
  readonly changeId: string;
  readonly subject: string | null;
  readonly pseudonym: string | null;
}

/** The proposers of changes, held until the transaction ends. */
export async function lockProposers(tx: EntityManager, changeIds: readonly string[]): Promise<ProposerRecord[]> {
  return tx.query(
    `select change_id as "changeId", proposed_by_subject as subject, proposed_by as pseudonym
       from directory_proposal where change_id = any ($1::uuid[]) order by change_id for update`,
    [changeIds],
  );
}

/** A change that goes out with an envelope. */
export interface Submission {
  readonly change: DirectoryChange;
  readonly envelopeId: string;
}

export async function keepSubmissions(
  tx: EntityManager,
  submissions: readonly Submission[],
  { subject, pseudonym }: Officer,
): Promise<void> {
  await tx.query(
    `insert into directory_proposal as p
            (change_id, change, submitted_by_subject, submitted_by, submitted_at, envelope_id, changed_at)
     select change_id, change, $4, $5, now(), envelope_id, now()
       from unnest($1::uuid[], $2::jsonb[], $3::uuid[]) as given (change_id, change, envelope_id)
     on conflict (change_id) do update
       set change = excluded.change, submitted_by_subject = excluded.submitted_by_subject,
           submitted_by = excluded.submitted_by, submitted_at = excluded.submitted_at,
           envelope_id = excluded.envelope_id, changed_at = excluded.changed_at`,
    [
      submissions.map(({ change }) => change.id),
      submissions.map(({ change }) => JSON.stringify(change)),
      submissions.map(({ envelopeId }) => envelopeId),
      subject,
      pseudonym,
    ],
  );
}

/** A change that the hub made part of the directory, whoever handed it in. */
export interface AcceptedProposal {
  readonly changeId: string;
  readonly eventJws: string;
  readonly acceptedAt: string;
}

/** Notes the acceptance at the envelope that handed the change in here. */
export async function keepAcceptedProposals(tx: EntityManager, accepted: readonly AcceptedProposal[]): Promise<void> {
  if (accepted.length === 0) return;
  await tx.query(
    `update outgoing_envelope as e
        set state = 'ACCEPTED', event_jws = a.event_jws, decided_at = a.accepted_at
       from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as a (change_id, event_jws, accepted_at)
            join directory_proposal p using (change_id)
      where e.envelope_id = p.envelope_id`,
    [
      accepted.map(({ changeId }) => changeId),
      accepted.map(({ eventJws }) => eventJws),
      accepted.map(({ acceptedAt }) => acceptedAt),
    ],
  );
}

interface ProposalRow {
  readonly changeId: string;
  readonly change: DirectoryChange;
  readonly state: DirectoryProposal['state'];
  readonly proposedBy: string | null;
  readonly proposedAt: Date | null;
  readonly submittedBy: string | null;
  readonly submittedAt: Date | null;
  readonly problem: Problem | null;
}

const LIMIT = 200;

/** The newest first; only these where `changeIds` are given. */
export async function findProposals(
  manager: EntityManager,
  changeIds?: readonly string[],
): Promise<DirectoryProposal[]> {
  const rows: ProposalRow[] = await manager.query(
    `select p.change_id as "changeId", p.change, coalesce(e.state, 'PROPOSED') as state, p.proposed_by as "proposedBy",
            p.proposed_at as "proposedAt", p.submitted_by as "submittedBy", p.submitted_at as "submittedAt", e.problem
       from directory_proposal p left join outgoing_envelope e using (envelope_id)
      where $1::uuid[] is null or p.change_id = any ($1::uuid[])
      order by p.changed_at desc, p.change_id desc limit ${LIMIT}`,
    [changeIds ?? null],
  );
  return rows.map(({ proposedBy, proposedAt, submittedBy, submittedAt, problem, ...row }) => ({
    ...row,
    ...(proposedBy === null ? {} : { proposedBy }),
    ...(proposedAt === null ? {} : { proposedAt: proposedAt.toISOString() }),
    ...(submittedBy === null ? {} : { submittedBy }),
    ...(submittedAt === null ? {} : { submittedAt: submittedAt.toISOString() }),
    ...(problem === null ? {} : { problem }),
  }));
}
