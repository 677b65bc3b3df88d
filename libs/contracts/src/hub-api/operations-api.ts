import { z } from 'zod';
import type { HttpRoute } from '../http-route.js';
import { instant, keyId, serviceUrnOf } from '../identifiers.js';

/** Name of the service whose key operators of the hub sign their tokens with: nothing runs under it. */
export const OPERATIONS = 'operations';

/** URN of the operators of the hub. */
export const OPERATIONS_URN = serviceUrnOf(OPERATIONS);

/** Services of the hub that consume topics, and therefore may park records. */
export const PARKING_SERVICES = ['directory', 'requests', 'notifications'] as const;

/** Services of the hub that operators call. */
export const OPERATED_SERVICES = [...PARKING_SERVICES, 'audit'] as const;

/** Most records in one page of the parked ones. */
export const MAX_PARKED_PAGE = 200;

/** Number of a parked record at its service; the first is 1. */
export const parkedId = z.string().regex(/^[1-9]\d{0,17}$/, 'must be the number of a parked record');

const errorCode = z.string().regex(/^ERR_[A-Z0-9_]+$/, 'must be an error code');

/** A parked record as an operator sees it: where it lies and why, nothing of what it says. */
export const parkedRecord = z.object({
  id: parkedId,
  code: errorCode.meta({ description: 'Why it is parked; the error reference explains it' }),
  reason: z.string().meta({ description: 'The code in one sentence' }),
  topic: z.string(),
  partition: z.number().int().nonnegative(),
  offset: z.string().regex(/^\d+$/),
  appendedAt: instant,
  parkedAt: instant,
  bytes: z.number().int().nonnegative().meta({ description: 'Size of the record, in bytes' }),
  discarded: z
    .object({ at: instant, by: keyId.meta({ description: 'Key of the operator' }), reason: z.string() })
    .optional()
    .meta({ description: 'Of a record that was closed' }),
});
export type ParkedRecord = z.infer<typeof parkedRecord>;

/** A page of parked records in the order in which they were parked; `next` is there when more follow. */
export const parkedPage = z.object({ records: z.array(parkedRecord).max(MAX_PARKED_PAGE), next: parkedId.optional() });
export type ParkedPage = z.infer<typeof parkedPage>;

/** What a replay did: how many records it handled, those that waited behind the first among them, and which one stopped it. */
export const replayResult = z.object({
  replayed: z.number().int().nonnegative(),
  stopped: z.object({ id: parkedId, code: errorCode, reason: z.string() }).optional(),
});
export type ReplayResult = z.infer<typeof replayResult>;

/** Why a parked record is closed. */
export const parkedDiscard = z.object({
  reason: z.string().trim().min(10).max(500).meta({ description: 'In a sentence, without personal data' }),
  releaseKey: z.boolean().optional().meta({
    description: 'Later records of its aggregate shall be handled without it; needed where order matters',
  }),
});
export type ParkedDiscardOrder = z.infer<typeof parkedDiscard>;

/** What every consuming service of the hub offers to its operators. */
export const OPERATIONS_API = {
  listParked: {
    method: 'GET',
    path: '/v1/parked',
    summary: 'Records that this service has set aside, in the order in which it did: where they lie and why.',
    security: 'operator token',
    query: z.object({
      after: parkedId.optional(),
      limit: z.coerce.number().int().min(1).max(MAX_PARKED_PAGE).optional(),
      topic: z.string().max(200).optional(),
      code: errorCode.optional(),
      /** Those that were discarded, instead of those that wait. */
      discarded: z.enum(['true', 'false']).optional(),
    }),
    answers: { 200: { description: 'One page.', bodies: { 'application/json': parkedPage } } },
    errors: [
      'ERR_CALLER_UNAUTHENTICATED',
      'ERR_CALLER_CLOCK',
      'ERR_CALLER_TOKEN_REPLAYED',
      'ERR_REQUEST_INVALID',
      'ERR_DATABASE_UNAVAILABLE',
      'ERR_DATABASE_FULL',
    ],
  },
  replayParked: {
    method: 'POST',
    path: '/v1/parked/{id}/replay',
    summary:
      'Gives a parked record to the service again, then those that wait behind it because of their key, in order.',
    notes:
      'Each record is verified anew and has its effect once. The log names every replay and the key that asked for it.',
    security: 'operator token',
    params: z.object({ id: parkedId }),
    answers: {
      200: {
        description: 'What was handled, and the record that failed again, if one did: it stays parked.',
        bodies: { 'application/json': replayResult },
      },
    },
    errors: [
      'ERR_CALLER_UNAUTHENTICATED',
      'ERR_CALLER_CLOCK',
      'ERR_CALLER_TOKEN_REPLAYED',
      'ERR_REQUEST_INVALID',
      'ERR_REQUEST_NOT_FOUND',
      'ERR_KEY_PARKED',
      'ERR_DATABASE_UNAVAILABLE',
      'ERR_DATABASE_FULL',
    ],
  },
  discardParked: {
    method: 'POST',
    path: '/v1/parked/{id}/discard',
    summary:
      'Closes a parked record that can not verify: it is kept as evidence and never handled. Those that waited behind it are replayed.',
    notes: 'The record keeps who closed it and why. A record that verifies now is refused: replay it.',
    security: 'operator token',
    params: z.object({ id: parkedId }),
    bodies: { 'application/json': parkedDiscard },
    answers: {
      200: {
        description: 'What became of the records that waited behind it.',
        bodies: { 'application/json': replayResult },
      },
    },
    errors: [
      'ERR_CALLER_UNAUTHENTICATED',
      'ERR_CALLER_TOKEN_REPLAYED',
      'ERR_REQUEST_INVALID',
      'ERR_REQUEST_NOT_FOUND',
      'ERR_KEY_PARKED',
      'ERR_PARKED_WELL',
      'ERR_PARKED_KEY_HELD',
      'ERR_DATABASE_UNAVAILABLE',
    ],
  },
} as const satisfies Record<string, HttpRoute>;
