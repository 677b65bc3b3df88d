import type { LegHeader } from '#libs/contracts';
import type { LegRecord } from './leg.repository.js';

type Party = { readonly participant: string; readonly desk: string };

/** The clear header of an own message about a leg: from the acting desk to the other side's. */
export function moveHeader(leg: LegRecord, speaker: { readonly desk: string; readonly officer?: string }): LegHeader {
  const requester: Party = { participant: leg.requesterParticipant, desk: leg.requesterDesk };
  const addressee: Party = { participant: leg.addresseeParticipant, desk: leg.addresseeDesk };
  const [own, other] = leg.direction === 'incoming' ? [addressee, requester] : [requester, addressee];
  return {
    requestId: leg.requestId,
    legId: leg.legId,
    sender: { participant: own.participant, ...speaker },
    recipient: other,
  };
}
