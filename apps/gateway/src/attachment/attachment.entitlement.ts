import { Injectable } from '@nestjs/common';
import { type AttachmentReference, envelopeAccepted, serviceUrnOf } from '#libs/contracts';
import { assertCause, claimedTime, isMessage, type VerificationPolicy, verifyEnvelope } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { HubDirectory, HubIdentity } from '#libs/hub';

/** An attachment that a participant has shown to be entitled to. */
export interface EntitledAttachment extends AttachmentReference {
  /** Who uploaded it. */
  readonly owner: string;
}

/**
 * Finds out whether a participant may have an attachment from what it shows: the event with which `requests` accepted a message, for this participant among others,
 * and the message itself. Nothing is looked up, so the gateway learns of acceptance no earlier than the participant does.
 */
@Injectable()
export class AttachmentEntitlement {
  constructor(
    private readonly directory: HubDirectory,
    private readonly identity: HubIdentity,
  ) {}

  /** @throws SeraiError ERR_ENVELOPE_*, ERR_TRUST_*; ERR_REQUEST_NOT_FOUND when the message names no such attachment */
  async check(
    participant: string,
    attachmentId: string,
    proof: { readonly event: string; readonly envelope: string },
  ): Promise<EntitledAttachment> {
    const event = await verifyEnvelope(proof.event, {
      ...this.policy(claimedTime(proof.event)),
      channel: 'requests.events',
      audience: participant,
      source: serviceUrnOf('requests'),
    });
    assertCause(event, proof.envelope);
    if (!isMessage(event, envelopeAccepted)) {
      throw new SeraiError('ERR_ENVELOPE_CHANNEL', 'Only the event that accepted a message opens its attachments.');
    }
    const { acceptedAt, envelope: named } = event.event.data.header;
    const message = await verifyEnvelope(proof.envelope, {
      ...this.policy(new Date(acceptedAt)),
      channel: 'requests.submissions',
      audience: 'any',
      source: named.source,
    });
    const { attachments = [] } = message.event.data.header as { attachments?: AttachmentReference[] };
    const found = attachments.find((reference) => reference.attachmentId === attachmentId);
    if (found) return { ...found, owner: message.event.source };
    throw new SeraiError('ERR_REQUEST_NOT_FOUND', 'There is no such attachment for you.');
  }

  private policy(at: Date): Pick<VerificationPolicy, 'realm' | 'keys' | 'at'> {
    return { realm: this.identity.realm, keys: this.directory.current.keyResolver(), at };
  }
}
