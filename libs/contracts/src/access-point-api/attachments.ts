import { z } from 'zod';
import { uploadBytesHeaders, uploadCreationHeaders, uploadHeaders } from '../hub-api/attachments-api.js';
import { uuid7 } from '../identifiers.js';
import { MAX_ATTACHMENTS_PER_MESSAGE } from '../limits.js';
import { attachmentMediaType, attachmentName } from '../requests/attachments.js';

/** Ids of own, finished uploads that go with a message; each goes with one. */
export const newAttachments = z
  .array(uuid7)
  .max(MAX_ATTACHMENTS_PER_MESSAGE)
  .refine((ids) => new Set(ids).size === ids.length, { error: 'must name each attachment once' });

/** Values of the header `Upload-Metadata` at an access point, decoded. */
export const attachmentMetadata = z.object({ filename: attachmentName, filetype: attachmentMediaType });
export type AttachmentMetadata = z.infer<typeof attachmentMetadata>;

/** Headers of the three calls of an upload. */
export const UPLOAD_HEADERS = {
  create: uploadCreationHeaders,
  read: uploadHeaders,
  send: uploadBytesHeaders,
} as const;

export const attachmentParams = z.object({ attachmentId: uuid7 });
