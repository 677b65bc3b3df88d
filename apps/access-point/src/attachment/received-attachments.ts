import { randomUUID } from 'node:crypto';
import type { AttachmentReference } from '#libs/contracts';
import type { ReceivedMessage } from '../leg/message.repository.js';
import type { NewAttachment } from './attachment.repository.js';

/** What is to be fetched for a received message. A message whose content can't be read brings no keys: nothing is fetched for it. */
export function attachmentsOf({ envelopeId, legId, header, content }: ReceivedMessage): NewAttachment[] {
  const { attachments } = header as { attachments?: AttachmentReference[] };
  if (attachments === undefined || content !== 'STORED') return [];
  return attachments.map((reference) => ({
    ...reference,
    envelopeId,
    legId,
    direction: 'incoming',
    blobId: randomUUID(),
  }));
}
