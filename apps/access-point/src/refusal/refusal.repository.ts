import type { EntityManager } from 'typeorm';

/** Notes that a refusal, whose true ground the vault keeps under its id, went out as a message. */
export async function insertRefusal(
  tx: EntityManager,
  { refusalId, legId, envelopeId }: { refusalId: string; legId: string; envelopeId: string },
): Promise<void> {
  await tx.query('insert into refusal (refusal_id, leg_id, envelope_id, sent_at) values ($1, $2, $3, now())', [
    refusalId,
    legId,
    envelopeId,
  ]);
}
