import { SeraiError } from '#libs/errors';
import type { Frontier } from '#libs/transparency-log';
import type { SignedCheckpoint } from './signed-checkpoint.js';

/** What the parts of the log remember: they must tell one history. */
export interface Edges {
  /** What the signer signed last. */
  readonly signed: SignedCheckpoint;
  /** Newest row of the database. */
  readonly stored: SignedCheckpoint | undefined;
  /** In the log's folder. */
  readonly published: SignedCheckpoint | undefined;
  /** Of the leaves in the database. */
  readonly frontier: Frontier;
}

/**
 * Nothing may be younger than what must be durable before it: leaves, then the signature, then the row, then the publication.
 *
 * @throws SeraiError ERR_LOG_ROLLBACK
 */
export function assertOrder({ signed, stored, published, frontier }: Edges): void {
  const { size } = signed.head;
  if (size > frontier.size)
    throw rolledBack(`the database ends at ${frontier.size} leaves, and ${size} are signed`, { signed: size });
  for (const [where, other] of Object.entries({ 'in the database': stored, 'in the folder': published })) {
    if (other === undefined) continue;
    if (other.head.size > size)
      throw rolledBack(`the checkpoint ${where} is at ${other.head.size}, and the signer remembers ${size}`, {
        signed: size,
      });
    if (other.head.size === size && !other.head.root.equals(signed.head.root))
      throw rolledBack(`the checkpoint ${where} has another root than the signer remembers`, { signed: size });
  }
}

export function rolledBack(finding: string, detail: Record<string, unknown>): SeraiError {
  return new SeraiError(
    'ERR_LOG_ROLLBACK',
    `The log contradicts itself: ${finding}. An older copy was restored, or it was changed. Do not go on: restore database, tiles and signer to the newest state, and compare it with the witnesses.`,
    { detail },
  );
}
