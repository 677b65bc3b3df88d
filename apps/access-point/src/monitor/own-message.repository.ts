import type { EntityManager } from 'typeorm';

/** An own envelope in the order of signing. */
export interface OwnMessage {
  readonly producerSequence: string;
  readonly envelopeId: string;
  readonly sha256: string;
  /** When the gateway made it durable; null while it has not, and for one that it refused. */
  readonly receivedAt: Date | null;
  /** The gateway has said yes or no. */
  readonly isAnswered: boolean;
}

/** The next own envelopes that were not found in the log yet. */
export async function findUnloggedMessages(manager: EntityManager, limit: number): Promise<OwnMessage[]> {
  return manager.query(
    `select producer_sequence as "producerSequence", envelope_id as "envelopeId", sha256,
            received_at as "receivedAt", answer_jws is not null as "isAnswered"
       from outgoing_envelope
      where producer_sequence > coalesce((select producer_sequence from logged_message), 0)
      order by producer_sequence
      limit $1`,
    [limit],
  );
}

/** Everything up to this envelope was found in the log, or never came as far as the hub's topics. */
export async function markLogged(manager: EntityManager, producerSequence: string): Promise<void> {
  await manager.query(
    `insert into logged_message (id, producer_sequence) values (1, $1)
     on conflict (id) do update set producer_sequence = greatest(logged_message.producer_sequence, excluded.producer_sequence)`,
    [producerSequence],
  );
}
