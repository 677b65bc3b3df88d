import { uuid7 } from '../identifiers.js';
import { pageQuery } from './common.js';
import { eraseBody, erasedLeg, holdList, holdReason, holdView } from './erasure.js';
import type { ApiOperation } from './operation.js';
import { legParams } from './read-operations.js';

const act = { method: 'POST', context: false, idempotent: true, mediaType: 'application/json', status: 200 } as const;
const conflict = ['ERR_REQUEST_NOT_FOUND', 'ERR_REQUEST_IDEMPOTENCY_CONFLICT'] as const;

/** Operations that erase content here, or keep it from being erased. */
export const ERASURE_OPERATIONS = {
  eraseLeg: {
    ...act,
    path: '/v1/legs/{legId}/erase',
    summary:
      'Erase everything that people wrote about a leg that has ended, here and for ever. The signed messages stay as ciphertext, so evidence holds; the erasure is in the access log before.',
    roles: ['NCC_SUPERVISOR'],
    params: legParams,
    body: eraseBody,
    response: erasedLeg,
    errors: [...conflict, 'ERR_LEG_NOT_ENDED', 'ERR_CONTENT_HELD', 'ERR_STORAGE_UNAVAILABLE'],
  },
  holdLeg: {
    ...act,
    path: '/v1/legs/{legId}/holds',
    summary:
      'Keep the content of a leg from being erased, also when its time is over. Several holds may stand at once.',
    roles: ['NCC_SUPERVISOR', 'SECURITY_OFFICER'],
    params: legParams,
    body: holdReason,
    response: holdView,
    errors: [...conflict, 'ERR_CONTENT_ERASED'],
  },
  releaseHold: {
    ...act,
    path: '/v1/legs/{legId}/holds/{holdId}/release',
    summary: 'End a hold.',
    roles: ['NCC_SUPERVISOR', 'SECURITY_OFFICER'],
    params: legParams.extend({ holdId: uuid7 }),
    body: holdReason,
    response: holdView,
    errors: conflict,
  },
  listHolds: {
    ...act,
    method: 'GET',
    idempotent: false,
    path: '/v1/legs/{legId}/holds',
    summary: 'Holds on a leg, newest first, released ones too.',
    roles: ['NCC_SUPERVISOR', 'SECURITY_OFFICER', 'AUDITOR'],
    params: legParams,
    query: pageQuery,
    response: holdList,
    errors: ['ERR_REQUEST_NOT_FOUND', 'ERR_CURSOR_INVALID'],
  },
} as const satisfies Record<string, ApiOperation>;
