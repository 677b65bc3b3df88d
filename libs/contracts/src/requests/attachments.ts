import { z } from 'zod';
import { sha256, uuid7 } from '../identifiers.js';
import { MAX_ATTACHMENT_CIPHERTEXT_BYTES, MAX_ATTACHMENTS_PER_MESSAGE } from '../limits.js';

/** What the clear header says of an attachment: enough to keep, hand out and check its ciphertext. Name, type and key are in the encrypted content. */
export const attachmentReference = z.object({
  attachmentId: uuid7,
  /** Of the whole ciphertext. */
  sha256,
  /** Size of the ciphertext. */
  bytes: z.number().int().positive().max(MAX_ATTACHMENT_CIPHERTEXT_BYTES),
});
export type AttachmentReference = z.infer<typeof attachmentReference>;

/** Attachments of one message, each once. */
export const attachmentReferences = z
  .array(attachmentReference)
  .min(1)
  .max(MAX_ATTACHMENTS_PER_MESSAGE)
  .refine((all) => new Set(all.map(({ attachmentId }) => attachmentId)).size === all.length, {
    error: 'must name each attachment once',
  });
