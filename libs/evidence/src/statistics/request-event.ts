import {
  deadlineOverrun,
  deadlineWarned,
  envelopeAccepted,
  envelopeRefused,
  type LegState,
  legLapsed,
  type PairClass,
  requestSubmitted,
  serviceUrnOf,
} from '#libs/contracts';
import { isMessage, verifyEnvelope } from '#libs/envelope';
import type { Directory, DirectoryView } from '#libs/trust';
import type { CountedEvent } from './statistics-count.js';

const EVENTS_OF_LEGS = [envelopeAccepted, deadlineWarned, deadlineOverrun, legLapsed] as const;

/**
 * Verifies an event of the service `requests` and says what statistics count of it.
 *
 * @param acceptedAt when the broker appended it: its key must have been in force then
 * @throws SeraiError as `verifyEnvelope`
 */
export async function countedEvent(event: string, acceptedAt: string, directory: Directory): Promise<CountedEvent> {
  const verified = await verifyEnvelope(event, {
    realm: directory.realm,
    channel: 'requests.events',
    keys: directory.keyResolver(),
    at: new Date(acceptedAt),
    audience: 'any',
    source: serviceUrnOf('requests'),
  });
  if (isMessage(verified, envelopeRefused)) {
    const { envelope, refusedAt } = verified.event.data.header;
    return envelope.type === requestSubmitted.type ? { requestRefusedAt: refusedAt } : undefined;
  }
  for (const contract of EVENTS_OF_LEGS) {
    if (isMessage(verified, contract)) return { leg: verified.event.data.header.leg };
  }
  return undefined;
}

/** Tells pair classes apart by the directory as it was for who counted first. */
export function pairClassesOf(directory: DirectoryView): (leg: LegState) => PairClass {
  return ({ requester, addressee, submittedAt }) => {
    const at = new Date(submittedAt);
    const isCountry = (urn: string): boolean => directory.participantAt(urn, at)?.country !== undefined;
    if (isCountry(requester.participant))
      return isCountry(addressee.participant) ? 'BETWEEN_COUNTRIES' : 'COUNTRY_TO_ORGANISATION';
    return isCountry(addressee.participant) ? 'ORGANISATION_TO_COUNTRY' : 'BETWEEN_ORGANISATIONS';
  };
}
