import { directorySnapshot } from '../directory/messages.js';
import type { HttpRoute } from '../http-route.js';

export const DIRECTORY_API = {
  readDirectory: {
    method: 'GET',
    path: '/v1/directory',
    summary: 'The whole directory as signed changes from the first, with the signed statement of the newest version.',
    security: 'caller token',
    answers: { 200: { description: 'The snapshot.', bodies: { 'application/json': directorySnapshot } } },
    errors: ['ERR_CALLER_UNAUTHENTICATED', 'ERR_CALLER_FORBIDDEN', 'ERR_DATABASE_UNAVAILABLE'],
  },
} as const satisfies Record<string, HttpRoute>;
