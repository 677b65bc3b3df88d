import { z } from 'zod';
import { sha256, uuid7 } from '../identifiers.js';
import { MAX_ATTACHMENT_BYTES, MAX_ATTACHMENT_CIPHERTEXT_BYTES, MAX_ATTACHMENTS_PER_MESSAGE } from '../limits.js';
import { identifierText } from './texts.js';

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

/** Types that attachments may have, whatever their names say: images, documents, sound, moving pictures, plain text. Nothing that a machine runs. */
export const attachmentMediaType = z.enum([
  'application/pdf',
  'application/vnd.oasis.opendocument.spreadsheet',
  'application/vnd.oasis.opendocument.text',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'audio/mpeg',
  'audio/wav',
  'image/heic',
  'image/jpeg',
  'image/png',
  'image/tiff',
  'image/webp',
  'text/csv',
  'text/plain',
  'video/mp4',
]);
export type AttachmentMediaType = z.infer<typeof attachmentMediaType>;

/** Name of a file, without a path. */
export const attachmentName = identifierText(200).refine((name) => !/[/\\:*?"<>|]/.test(name) && !/^\.+$/.test(name), {
  error: 'must be the name of a file, without a path',
});

/** What the encrypted content says of an attachment, for officers. */
export const attachmentDescription = z.object({
  attachmentId: uuid7,
  name: attachmentName,
  mediaType: attachmentMediaType,
  /** Size of the file. */
  bytes: z.number().int().positive().max(MAX_ATTACHMENT_BYTES),
});
export type AttachmentDescription = z.infer<typeof attachmentDescription>;

/** The same, with the key to its ciphertext; never leaves an access point in clear. */
export const attachmentSecret = attachmentDescription.extend({
  key: z
    .string()
    .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'must be 32 bytes in base64url')
    .meta({ description: 'AES-GCM-HKDF streaming key, 32 bytes, base64url without padding' }),
});
export type AttachmentSecret = z.infer<typeof attachmentSecret>;

/** Of one message; each belongs to a reference of the clear header by its id. */
export const attachmentSecrets = z.array(attachmentSecret).max(MAX_ATTACHMENTS_PER_MESSAGE);
