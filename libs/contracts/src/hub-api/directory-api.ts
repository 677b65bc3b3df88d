import { z } from 'zod';
import { directoryDelta, directorySnapshot } from '../directory/messages.js';
import type { HttpRoute } from '../http-route.js';

export const DIRECTORY_API = {
  readDirectory: {
    method: 'GET',
    path: '/v1/directory',
    summary: 'The whole directory as signed changes from the first, with the signed statement of the newest version.',
    security: 'caller token',
    query: z.object({ since: z.coerce.number().int().nonnegative().optional() }),
    headers: z.object({ 'if-none-match': z.string().optional() }),
    answers: {
      200: {
        description: 'The snapshot; with `since`, only the changes after that version. The ETag names the version.',
        bodies: { 'application/json': z.union([directoryDelta, directorySnapshot]) },
      },
      304: { description: 'The directory is still at the version that If-None-Match names.' },
    },
    errors: [
      'ERR_CALLER_UNAUTHENTICATED',
      'ERR_CALLER_CLOCK',
      'ERR_CALLER_TOKEN_REPLAYED',
      'ERR_CALLER_SUSPENDED',
      'ERR_REQUEST_INVALID',
      'ERR_CURSOR_INVALID',
      'ERR_DATABASE_UNAVAILABLE',
      'ERR_DATABASE_FULL',
    ],
  },
} as const satisfies Record<string, HttpRoute>;
