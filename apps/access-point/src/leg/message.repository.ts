import type { EntityManager } from 'typeorm';
import type { EnvelopeState } from '#libs/contracts';
import type { Problem } from '#libs/errors';
import { atCommit } from '#libs/persistence';

/** A message of a leg, and where it stands. */
export interface MessageRecord {
  readonly envelopeId: string;
  readonly legId: string;
  readonly type: string;
  readonly direction: 'incoming' | 'outgoing';
  readonly time: Date;
  readonly header: Record<string, unknown>;
  readonly content: 'NONE' | 'STORED' | 'UNREADABLE';
  readonly state: EnvelopeState;
  readonly problem: Problem | null;
  readonly receivedAt: Date | null;
  readonly decidedAt: Date | null;
  /** Protected header of the signed bytes, base64url. */
  readonly protected: string;
}

const MESSAGES = `
  select m.envelope_id as "envelopeId", m.leg_id as "legId", m.type, m.direction, m.time, m.header, m.content,
         coalesce(o.state, 'ACCEPTED') as state, o.problem, o.received_at as "receivedAt",
         coalesce(o.decided_at, r.decided_at) as "decidedAt",
         split_part(coalesce(o.jws, r.jws), '.', 1) as protected
    from message m
         left join outgoing_envelope o using (envelope_id)
         left join received_envelope r using (envelope_id)`;

export async function findMessagesOfLeg(manager: EntityManager, legId: string): Promise<MessageRecord[]> {
  return manager.query(`${MESSAGES} where m.leg_id = $1 order by m.position`, [legId]);
}

export async function findMessage(manager: EntityManager, envelopeId: string): Promise<MessageRecord | undefined> {
  const [message]: MessageRecord[] = await manager.query(`${MESSAGES} where m.envelope_id = $1`, [envelopeId]);
  return message;
}

/** The signed bytes of one message and of what the hub said to it. */
export interface SignedBytes {
  readonly envelope: string;
  readonly receipt: string | null;
  readonly event: string | null;
}

export async function findSignedBytes(manager: EntityManager, envelopeId: string): Promise<SignedBytes | undefined> {
  const [bytes]: SignedBytes[] = await manager.query(
    `select jws as envelope, answer_jws as receipt, event_jws as event from outgoing_envelope where envelope_id = $1
     union all
     select jws, null, event_jws from received_envelope where envelope_id = $1`,
    [envelopeId],
  );
  return bytes;
}

/** A message that another participant sent. */
export interface ReceivedMessage {
  readonly envelopeId: string;
  readonly legId: string;
  readonly type: string;
  readonly time: string;
  readonly header: Record<string, unknown>;
  readonly content: 'NONE' | 'STORED' | 'UNREADABLE';
  readonly source: string;
  readonly sha256: string;
  readonly jws: string;
  readonly eventJws: string;
  readonly decidedAt: string;
}

/** Stores messages of legs with the commit. */
export async function insertReceivedMessages(tx: EntityManager, messages: readonly ReceivedMessage[]): Promise<void> {
  if (messages.length === 0) return;
  await atCommit(
    tx,
    `with given as (
       select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::jsonb[], $6::text[], $7::text[],
                            $8::text[], $9::text[], $10::text[], $11::timestamptz[]) with ordinality
         as g (envelope_id, leg_id, type, time, header, content, source, sha256, jws, event_jws, decided_at, nth)
     ), kept as (
       insert into received_envelope (envelope_id, source, sha256, jws, event_jws, decided_at)
       select envelope_id, source, sha256, jws, event_jws, decided_at from given
     ), unproven as (
       insert into unproven_envelope select envelope_id from given
     )
     insert into message (envelope_id, leg_id, direction, type, time, header, content)
     select envelope_id, leg_id, 'incoming', type, time, header, content from given order by nth`,
    [
      messages.map(({ envelopeId }) => envelopeId),
      messages.map(({ legId }) => legId),
      messages.map(({ type }) => type),
      messages.map(({ time }) => time),
      messages.map(({ header }) => JSON.stringify(header)),
      messages.map(({ content }) => content),
      messages.map(({ source }) => source),
      messages.map(({ sha256 }) => sha256),
      messages.map(({ jws }) => jws),
      messages.map(({ eventJws }) => eventJws),
      messages.map(({ decidedAt }) => decidedAt),
    ],
  );
}
