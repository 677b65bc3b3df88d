import { z } from 'zod';
import type { HttpRoute } from '../http-route.js';
import { sha256, uuid7 } from '../identifiers.js';
import { MAX_ATTACHMENT_CIPHERTEXT_BYTES } from '../limits.js';
import { compactJws } from './compact-jws.js';

/** Media type of the bytes of an upload (tus 1.0). */
export const UPLOAD_MEDIA_TYPE = 'application/offset+octet-stream';

/** Values of the header `Upload-Metadata` at the gateway, decoded. */
export const gatewayUploadMetadata = z.object({
  attachment: uuid7.meta({ description: 'Id of the attachment, chosen by its sender' }),
  sha256: sha256.meta({ description: 'SHA-256 of the whole ciphertext, base64url' }),
});

const bytes = z.unknown().meta({ description: 'Bytes' });
const attachmentParams = z.object({ attachmentId: uuid7 });

/** Headers of tus 1.0 (https://tus.io/protocols/resumable-upload). */
const resumable = { 'tus-resumable': z.literal('1.0.0') };
export const uploadCreationHeaders = z.object({
  ...resumable,
  'upload-length': z.coerce.number().int().positive().meta({ description: 'Size of the whole upload in bytes' }),
  'upload-metadata': z.string().meta({ description: 'Pairs of key and base64, as tus 1.0 writes them' }),
});
export const uploadHeaders = z.object(resumable);
export const uploadBytesHeaders = z.object({
  ...resumable,
  'upload-offset': z.coerce.number().int().nonnegative().meta({ description: 'Where these bytes begin' }),
});

/** What shows that the caller may have an attachment: the event that accepted the message, and the message as its sender signed it. */
export const attachmentProof = z.object({
  event: compactJws,
  envelope: compactJws,
  /** How many bytes of the ciphertext the caller has already. */
  offset: z.number().int().nonnegative().max(MAX_ATTACHMENT_CIPHERTEXT_BYTES).default(0),
});
export type AttachmentProof = z.input<typeof attachmentProof>;

const COMMON = [
  'ERR_CALLER_UNAUTHENTICATED',
  'ERR_CALLER_CLOCK',
  'ERR_CALLER_TOKEN_REPLAYED',
  'ERR_REQUEST_INVALID',
  'ERR_DATABASE_UNAVAILABLE',
  'ERR_DATABASE_FULL',
  'ERR_STORAGE_UNAVAILABLE',
  'ERR_INTERNAL_UNEXPECTED',
] as const;

const RESUME = 'tus 1.0, core and creation. The answer has `Upload-Offset`: from there the upload goes on.';

export const GATEWAY_ATTACHMENTS_API = {
  createUpload: {
    method: 'POST',
    path: '/v1/attachments',
    summary: 'Begins the upload of the ciphertext of an attachment.',
    notes: `tus 1.0. \`Upload-Metadata\` has \`attachment\` and \`sha256\`. The upload is the caller's own; its address is that of the attachment.`,
    security: 'caller token',
    headers: uploadCreationHeaders,
    answers: { 201: { description: 'Begun; `Location` is where it goes on.' } },
    errors: [...COMMON, 'ERR_ATTACHMENT_TOO_LARGE', 'ERR_ATTACHMENT_OFFSET', 'ERR_ATTACHMENT_QUOTA'],
  },
  readUpload: {
    method: 'HEAD',
    path: '/v1/attachments/{attachmentId}',
    summary: 'How far an own upload is.',
    notes: RESUME,
    security: 'caller token',
    params: attachmentParams,
    headers: uploadHeaders,
    answers: { 200: { description: '`Upload-Offset` and `Upload-Length`.' } },
    errors: [...COMMON, 'ERR_REQUEST_NOT_FOUND'],
  },
  continueUpload: {
    method: 'PATCH',
    path: '/v1/attachments/{attachmentId}',
    summary:
      'Goes on with an own upload. What was acknowledged is durable; when all of it is there, its hash is checked.',
    notes: RESUME,
    security: 'caller token',
    params: attachmentParams,
    headers: uploadBytesHeaders,
    bodies: { [UPLOAD_MEDIA_TYPE]: bytes },
    answers: { 204: { description: '`Upload-Offset`: what is durable.' } },
    errors: [
      ...COMMON,
      'ERR_REQUEST_NOT_FOUND',
      'ERR_ATTACHMENT_OFFSET',
      'ERR_ATTACHMENT_TOO_LARGE',
      'ERR_ATTACHMENT_MISMATCH',
      'ERR_STORAGE_FULL',
    ],
  },
  fetchAttachment: {
    method: 'POST',
    path: '/v1/attachments/{attachmentId}/fetch',
    summary: 'Ciphertext of an attachment, for the parties of a message that names it and was accepted.',
    notes: 'The proof is verified as any access point would verify it: the gateway keeps no list of who may have what.',
    security: 'caller token',
    params: attachmentParams,
    bodies: { 'application/json': attachmentProof },
    answers: {
      200: { description: 'The ciphertext, from `offset` on.', bodies: { 'application/octet-stream': bytes } },
    },
    errors: [
      ...COMMON,
      'ERR_REQUEST_NOT_FOUND',
      'ERR_ATTACHMENT_EXPIRED',
      'ERR_ENVELOPE_MALFORMED',
      'ERR_ENVELOPE_SIGNATURE',
      'ERR_ENVELOPE_REALM',
      'ERR_ENVELOPE_SOURCE',
      'ERR_ENVELOPE_CHANNEL',
      'ERR_ENVELOPE_AUDIENCE',
      'ERR_ENVELOPE_SCHEMA',
      'ERR_ENVELOPE_CAUSE',
      'ERR_TRUST_UNKNOWN_KEY',
      'ERR_TRUST_KEY_INACTIVE',
    ],
  },
} as const satisfies Record<string, HttpRoute>;
