import type { EntityManager, QueryRunner } from 'typeorm';
import type { AttachmentReference, AttachmentState } from '#libs/contracts';
import { atCommit } from '#libs/persistence';

/** An attachment of a message. */
export interface AttachmentRecord {
  readonly envelopeId: string;
  readonly attachmentId: string;
  readonly legId: string;
  readonly direction: 'incoming' | 'outgoing';
  readonly blobId: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly carried: number;
  readonly state: AttachmentState;
  readonly code: string | null;
  readonly attempts: number;
}

/** An attachment that has to be carried. */
export interface NewAttachment extends AttachmentReference {
  readonly envelopeId: string;
  readonly legId: string;
  readonly direction: 'incoming' | 'outgoing';
  readonly blobId: string;
}

const COLUMNS = `envelope_id as "envelopeId", attachment_id as "attachmentId", leg_id as "legId", direction, blob_id as "blobId",
                 bytes, sha256, carried, state, code, attempts`;

/** Stores attachments of messages with the commit. */
export async function insertAttachments(tx: EntityManager, attachments: readonly NewAttachment[]): Promise<void> {
  if (attachments.length === 0) return;
  await atCommit(
    tx,
    `insert into attachment
       (envelope_id, attachment_id, leg_id, direction, blob_id, bytes, sha256, carried, state, attempts, next_attempt_at)
     select *, 0, 'WAITING', 0, now()
       from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::int[], $7::text[])`,
    [
      attachments.map(({ envelopeId }) => envelopeId),
      attachments.map(({ attachmentId }) => attachmentId),
      attachments.map(({ legId }) => legId),
      attachments.map(({ direction }) => direction),
      attachments.map(({ blobId }) => blobId),
      attachments.map(({ bytes }) => bytes),
      attachments.map(({ sha256 }) => sha256),
    ],
  );
}

export async function findAttachmentsOfLeg(manager: EntityManager, legId: string): Promise<AttachmentRecord[]> {
  return manager.query(`select ${COLUMNS} from attachment where leg_id = $1 order by attachment_id`, [legId]);
}

export async function findAttachment(
  manager: EntityManager,
  envelopeId: string,
  attachmentId: string,
): Promise<AttachmentRecord | undefined> {
  const [found]: AttachmentRecord[] = await manager.query(
    `select ${COLUMNS} from attachment where envelope_id = $1 and attachment_id = $2`,
    [envelopeId, attachmentId],
  );
  return found;
}

/** The one that has waited longest for its next try, when its time has come, and that is not `underWay` already. */
export async function findWaiting(
  session: QueryRunner,
  underWay: readonly string[],
): Promise<AttachmentRecord | undefined> {
  const [found]: AttachmentRecord[] = await session.query(
    `select ${COLUMNS} from attachment
      where state = 'WAITING' and next_attempt_at <= clock_timestamp() and attachment_id <> all ($1)
      order by next_attempt_at limit 1`,
    [underWay],
  );
  return found;
}

/** What became of an attachment in one step. */
export interface AttachmentStep {
  /** Left as it is where absent. */
  readonly carried?: number;
  readonly state: AttachmentState;
  readonly code?: string;
  /** Milliseconds until the next try. */
  readonly waitMs?: number;
}

/**
 * Keeps a step, for an outgoing one in all legs that share it; the outgoing loop may go on with what has waited for it. Bytes that come do not make earlier failures
 * forgotten: what is wrong each time it is whole would be fetched again and again without a pause.
 *
 * @returns what has changed
 */
export async function keepStep(
  tx: EntityManager,
  attachment: AttachmentRecord,
  step: AttachmentStep,
): Promise<AttachmentRecord[]> {
  const [rows] = await tx.query(
    `update attachment
        set carried = coalesce($4, carried), state = $5, code = $6, attempts = attempts + case when $6::text is null then 0 else 1 end,
            next_attempt_at = clock_timestamp() + make_interval(secs => $7::float8 / 1000)
      where attachment_id = $1 and direction = $2 and state = 'WAITING' and (direction = 'outgoing' or envelope_id = $3)
      returning ${COLUMNS}`,
    [
      attachment.attachmentId,
      attachment.direction,
      attachment.envelopeId,
      step.carried,
      step.state,
      step.code ?? null,
      step.waitMs ?? 0,
    ],
  );
  return rows;
}

/** The event that accepted a received message, and the message as it was signed. */
export async function findProofBytes(
  manager: EntityManager,
  envelopeId: string,
): Promise<{ event: string; envelope: string } | undefined> {
  const [found]: { event: string; envelope: string }[] = await manager.query(
    'select event_jws as event, jws as envelope from received_envelope where envelope_id = $1',
    [envelopeId],
  );
  return found;
}

const LOCK = `hashtext('serai:access-point-attachments'), hashtext(current_schema())`;

/** True when this session now is the one that carries, until it ends. */
export async function becomeCarrier(session: QueryRunner): Promise<boolean> {
  const [row]: { locked: boolean }[] = await session.query(`select pg_try_advisory_lock(${LOCK}) as locked`);
  return row!.locked;
}

export async function resignAsCarrier(session: QueryRunner): Promise<void> {
  await session.query(`select pg_advisory_unlock(${LOCK})`);
}
