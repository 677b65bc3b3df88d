import { hash } from 'node:crypto';

/** What stands for the hash of the entry before the first one: 32 zero bytes. */
export const FEED_GENESIS = Buffer.alloc(32).toString('base64url');

/**
 * Hash of a feed's entry: SHA-256 over the hash of the previous entry and the SHA-256 of the event's ASCII bytes, 32 bytes each; base64url in and out.
 * The cause needs no place of its own: the event names its hash.
 *
 * @example feedHash(FEED_GENESIS, firstEvent)
 */
export function feedHash(previous: string, eventJws: string): string {
  const links = Buffer.concat([Buffer.from(previous, 'base64url'), hash('sha256', eventJws, 'buffer')]);
  return hash('sha256', links, 'base64url');
}
