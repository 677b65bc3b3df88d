import { createHash } from 'node:crypto';

/** Who answers for a message: pseudonyms of officers, and the salt that keeps them from being guessed. */
export interface Responsibility {
  readonly salt: string;
  readonly proposedBy: string;
  readonly approvedBy?: string;
}

/**
 * The `responsible` of a signed header: base64url of SHA-256 over the JSON array of salt, proposer, and approver or null.
 *
 * @example hashOfResponsible({ salt, proposedBy: 'o-3f9a1c2e', approvedBy: 'o-77aa10b3' }) === header.responsible
 */
export function hashOfResponsible({ salt, proposedBy, approvedBy }: Responsibility): string {
  return createHash('sha256')
    .update(JSON.stringify([salt, proposedBy, approvedBy ?? null]))
    .digest('base64url');
}
