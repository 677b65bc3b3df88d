import { z } from 'zod';
import { realm } from '../codes.js';
import type { HttpRoute } from '../http-route.js';
import { keyId } from '../identifiers.js';
import { MAX_ENVELOPE_BYTES, MAX_ENVELOPES_PER_BATCH } from '../limits.js';
import { problem } from '../problem.js';
import { GATEWAY_ATTACHMENTS_API } from './attachments-api.js';
import { compactJws } from './compact-jws.js';

/** RFC 7515 section 9.2.1: a JWS in compact serialization. One envelope, and what answers one, travels as this. */
export const ENVELOPE_MEDIA_TYPE = 'application/jose';

/** Several envelopes in one call. Each is checked and answered on its own. */
export const envelopeBatch = z.object({
  // Members stay unchecked strings here: a malformed one is refused alone, not with its neighbours.
  envelopes: z.array(z.string().max(MAX_ENVELOPE_BYTES)).min(1).max(MAX_ENVELOPES_PER_BATCH),
});
export type EnvelopeBatch = z.infer<typeof envelopeBatch>;

/** The gateway's word on one envelope: the status it would have had alone, and the signed receipt or refusal. */
export const envelopeAnswer = z.object({ status: z.number().int().min(200).max(599), answer: compactJws });
export type EnvelopeAnswer = z.infer<typeof envelopeAnswer>;

/** Answers in the order of the batch. */
export const envelopeBatchAnswer = z.object({ answers: z.array(envelopeAnswer).min(1).max(MAX_ENVELOPES_PER_BATCH) });
export type EnvelopeBatchAnswer = z.infer<typeof envelopeBatchAnswer>;

const address = z.string().regex(/^https?:\/\/[^\s]+$/, 'must be an http or https address');

/** `/.well-known/serai`: where the services of this hub are. It is not signed: nothing that comes from there is trusted for it. */
export const discoveryDocument = z.object({
  realm,
  gateway: address,
  directory: address,
  notifications: address,
  audit: address.optional(),
  /** Signature algorithms that envelopes may have. */
  algorithms: z.array(z.string()).optional(),
  /** What the gateway takes in one call, in bytes and envelopes. */
  limits: z
    .object({
      envelopeBytes: z.number().int().positive(),
      batchBytes: z.number().int().positive(),
      envelopesPerBatch: z.number().int().positive(),
    })
    .optional(),
  /** Key ids that the gateway signs its answers with. */
  keys: z.array(keyId).optional(),
  /** Version of the directory that the gateway knows. */
  directoryVersion: z.number().int().nonnegative().optional(),
});
export type DiscoveryDocument = z.infer<typeof discoveryDocument>;

export const GATEWAY_API = {
  submitEnvelopes: {
    method: 'POST',
    path: '/v1/envelopes',
    summary:
      'Hands in one envelope, or a batch. Each answer is signed: a receipt once the broker has acknowledged, or a refusal with its code.',
    security: 'caller token',
    bodies: { [ENVELOPE_MEDIA_TYPE]: compactJws, 'application/json': envelopeBatch },
    answers: {
      202: {
        description: 'Signed receipt of the envelope: it is durable. The same bytes again are answered the same way.',
        bodies: { [ENVELOPE_MEDIA_TYPE]: compactJws },
      },
      207: {
        description: 'Receipts and refusals of a batch, in its order.',
        bodies: { 'application/json': envelopeBatchAnswer },
      },
    },
    errors: [
      'ERR_CALLER_UNAUTHENTICATED',
      'ERR_CALLER_CLOCK',
      'ERR_CALLER_TOKEN_REPLAYED',
      'ERR_CALLER_SUSPENDED',
      'ERR_TRAFFIC_TOO_FAST',
      'ERR_TRAFFIC_QUOTA_SPENT',
      'ERR_REQUEST_INVALID',
      'ERR_REQUEST_MEDIA_TYPE',
      'ERR_REQUEST_TOO_LARGE',
      'ERR_ENVELOPE_TOO_LARGE',
      'ERR_ENVELOPE_MALFORMED',
      'ERR_ENVELOPE_ALGORITHM',
      'ERR_ENVELOPE_HEADER',
      'ERR_ENVELOPE_SIGNATURE',
      'ERR_ENVELOPE_REALM',
      'ERR_ENVELOPE_SOURCE',
      'ERR_ENVELOPE_CHANNEL',
      'ERR_ENVELOPE_SCHEMA',
      'ERR_ENVELOPE_CONFLICT',
      'ERR_ATTACHMENT_UNKNOWN',
      'ERR_ATTACHMENT_MISMATCH',
      'ERR_TRUST_UNKNOWN_KEY',
      'ERR_TRUST_KEY_INACTIVE',
      'ERR_BROKER_UNAVAILABLE',
      'ERR_DATABASE_UNAVAILABLE',
      'ERR_DATABASE_FULL',
      'ERR_INTERNAL_UNEXPECTED',
    ],
    refusals: { [ENVELOPE_MEDIA_TYPE]: compactJws, 'application/problem+json': problem },
    notes:
      'A refusal is signed and has the problem in `data.header.problem`; only a body that was never read (too large, another media type) is answered with a bare problem document.',
  },
  discover: {
    method: 'GET',
    path: '/.well-known/serai',
    summary: 'Addresses of the services of this hub.',
    security: 'none',
    answers: { 200: { description: 'The addresses.', bodies: { 'application/json': discoveryDocument } } },
    errors: [],
  },
  ...GATEWAY_ATTACHMENTS_API,
} as const satisfies Record<string, HttpRoute>;
