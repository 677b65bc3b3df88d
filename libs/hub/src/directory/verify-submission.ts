import { type VerificationPolicy, type VerifiedEnvelope, verifyEnvelope } from '#libs/envelope';
import type { ReceivedRecord } from '#libs/messaging';
import type { HubIdentity } from '../hub-identity.js';
import { directoryFor } from './directory-version.header.js';
import type { HubDirectory } from './hub-directory.js';

/**
 * Verifies what a participant has submitted, at the time that the broker took it. The gateway has verified it before; a service trusts the sender's signature, not
 * the gateway.
 *
 * @throws SeraiError as {@link verifyEnvelope} does
 */
export async function verifySubmission(
  record: ReceivedRecord,
  channel: VerificationPolicy['channel'],
  { directory, identity }: { readonly directory: HubDirectory; readonly identity: HubIdentity },
): Promise<VerifiedEnvelope> {
  const { realm } = identity;
  const keys = (await directoryFor(record, directory)).keyResolver();
  return verifyEnvelope(record.value, { realm, channel, keys, at: record.appendedAt, audience: 'any' });
}
