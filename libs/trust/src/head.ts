import { createHash } from 'node:crypto';
import type { Realm } from '#libs/contracts';

/**
 * The head of a directory, 43 characters of base64url:
 *
 *     head(0) = SHA-256( ASCII( "serai-directory\n" + realm ) )
 *     head(n) = SHA-256( head(n-1) || SHA-256( payload(n) ) )
 *
 * `payload(n)` are the payload bytes of the n-th change as they were signed, `||` joins the 32 bytes of both hashes. Signatures are no part of it:
 * the same change with another sufficient set of signatures is the same change.
 */
export function emptyHead(realm: Realm): string {
  return createHash('sha256').update(`serai-directory\n${realm}`).digest('base64url');
}

/** Head after one more change, see {@link emptyHead}. */
export function nextHead(head: string, payload: Uint8Array): string {
  const payloadHash = createHash('sha256').update(payload).digest();
  return createHash('sha256').update(Buffer.from(head, 'base64url')).update(payloadHash).digest('base64url');
}
