import { v7 } from 'uuid';
import { addAccessLogEntry } from '../../../../apps/access-point/src/access-log/access-log.repository.js';
import type { AccessPoint } from './access-point.js';
import { deskOf, type MemberId, urnOf } from './community.js';

/** A look, or something else that the access log holds, as an access point would have written it. @returns its id */
export async function seedLook(
  at: Date,
  who: string,
  { database }: AccessPoint,
  { subject = `rs.${who}`, officer = `o-${who.padEnd(8, '0')}`, ...entry }: Partial<Seed> = {},
): Promise<string> {
  const entryId = v7();
  await addAccessLogEntry(database.dataSource.manager, {
    ...{ entryId, at, subject, officer, action: 'CONSULTED', operation: 'readContent' },
    ...entry,
  });
  return entryId;
}

type Seed = Parameters<typeof addAccessLogEntry>[1];

/** A leg that was sent to another participant. */
export async function seedLeg(
  at: Date,
  {
    to,
    status,
    submissionId = v7(),
  }: { readonly to: MemberId; readonly status: string; readonly submissionId?: string },
  { database, member }: AccessPoint,
): Promise<string> {
  const legId = v7();
  await database.dataSource.query(
    `insert into leg (leg_id, request_id, direction, own_desk, kind, priority, requester_participant, requester_desk,
                      addressee_participant, addressee_desk, items, submission_id, created_at, version, state, status, overdue, assigned)
     values ($1, $2, 'outgoing', $3, 'K', 'P', $4, $3, $5, $6, 1, $7, $8, 1, null, $9, false, false)`,
    [legId, v7(), deskOf(member), urnOf(member), urnOf(to), deskOf(to), submissionId, at, status],
  );
  return legId;
}

/** A message of a leg. @returns its id */
export async function seedMessage(
  at: Date,
  legId: string,
  message: {
    readonly type: string;
    readonly direction?: 'incoming' | 'outgoing';
    readonly from: MemberId;
    readonly officer?: string;
    readonly outcome?: string;
  },
  { database }: AccessPoint,
): Promise<string> {
  const envelopeId = v7();
  const { type, direction = 'outgoing', from, officer, outcome } = message;
  const header = { sender: { participant: urnOf(from), desk: deskOf(from), officer }, outcome };
  await database.dataSource.query(
    `insert into message (envelope_id, leg_id, direction, type, time, header, content) values ($1, $2, $3, $4, $5, $6, 'NONE')`,
    [envelopeId, legId, direction, type, at, JSON.stringify(header)],
  );
  return envelopeId;
}

/** The proof that the hub took a message at a time. */
export async function seedProof(envelopeId: string, acceptedAt: Date, { database }: AccessPoint): Promise<void> {
  const { dataSource } = database;
  await dataSource.query(
    `insert into proof_checkpoint (origin, size, note) values ('seeded', 1, '') on conflict do nothing`,
  );
  await dataSource.query(
    `insert into log_proof (envelope_id, sha256, opening, hashes, origin, size) values ($1, '', $2, '', 'seeded', 1)`,
    [envelopeId, JSON.stringify({ index: 0, record: { acceptedAt: acceptedAt.toISOString() } })],
  );
}

/** An envelope of this participant, decided by the hub. @returns its id */
export async function seedEnvelope(
  at: Date,
  { state, code = null }: { readonly state: 'ACCEPTED' | 'REFUSED'; readonly code?: string | null },
  { database }: AccessPoint,
): Promise<string> {
  const envelopeId = v7();
  await database.dataSource.query(
    `insert into outgoing_envelope (producer_sequence, envelope_id, leg_id, type, sha256, jws, state, queued_at, answer_jws, problem)
     select max(s) + 1, $1, $1, 'seeded', '', '', $2, $3, '', $4
       from (select 1000000 as s union all select producer_sequence from outgoing_envelope) as n`,
    [envelopeId, state, at, code === null ? null : JSON.stringify({ code })],
  );
  return envelopeId;
}

/** An item of the queue about an officer. @returns its id */
export async function seedItem(
  { database }: AccessPoint,
  { subject, askedHoursAgo }: { readonly subject: string; readonly askedHoursAgo?: number },
): Promise<string> {
  const itemId = v7();
  await database.dataSource.query(
    `insert into anomaly_item (item_id, rule, about, subject, officer, "from", until, score, threshold, records, found_at)
     values ($1, 'AN9', $2, $3, 'o-seeded00', now(), now(), 5, 5, '{}', now())`,
    [itemId, itemId, subject],
  );
  if (askedHoursAgo !== undefined) {
    await database.dataSource.query(
      `insert into anomaly_step (item_id, step, at, subject, officer, text)
       values ($1, 'QUESTION', now() - $2 * interval '1 hour', 'an-auditor', 'o-auditor0', 'Please say why.')`,
      [itemId, askedHoursAgo],
    );
  }
  return itemId;
}
