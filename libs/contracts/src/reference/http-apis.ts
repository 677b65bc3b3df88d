import { z } from 'zod';
import { idempotencyHeaders, officerContextHeaders } from '../access-point-api/common.js';
import { type ApiOperation, COMMON_API_ERRORS } from '../access-point-api/operation.js';
import { ACCESS_POINT_API } from '../access-point-api/operations.js';
import { WITNESS_API } from '../access-point-api/witness-api.js';
import type { HttpRoute } from '../http-route.js';
import { AUDIT_API } from '../hub-api/audit-api.js';
import { DIRECTORY_API } from '../hub-api/directory-api.js';
import { NOTIFICATIONS_API } from '../hub-api/feed-api.js';
import { GATEWAY_API } from '../hub-api/gateway-api.js';
import { OPERATIONS_API } from '../hub-api/operations-api.js';

/** An HTTP API as its OpenAPI document presents it. */
export interface HttpApi {
  /** Name of the app and of the file. */
  readonly app: string;
  readonly title: string;
  readonly description: string;
  readonly routes: Readonly<Record<string, HttpRoute>>;
}

/** Every HTTP API of the project; health and metrics, which every app has, are left to the operations guide. */
export const HTTP_APIS: readonly HttpApi[] = [
  {
    app: 'gateway',
    title: 'Gateway',
    description: 'The only way into the hub: takes signed envelopes, answers each with a signed receipt or refusal.',
    routes: GATEWAY_API,
  },
  {
    app: 'directory',
    title: 'Directory',
    description: 'Who is who: participants, desks, keys and agreements as a list of signed changes.',
    routes: { ...DIRECTORY_API, ...OPERATIONS_API },
  },
  {
    app: 'requests',
    title: 'Requests',
    description: 'The life of each leg of a request; what travels is on its topics, only operators talk to it.',
    routes: OPERATIONS_API,
  },
  {
    app: 'notifications',
    title: 'Notifications',
    description: 'One ordered, gap-free feed per participant.',
    routes: { ...NOTIFICATIONS_API, ...OPERATIONS_API },
  },
  {
    app: 'audit',
    title: 'Audit',
    description: 'The log of everything that stood on a topic of the hub, its proofs, and what opens its leaves.',
    routes: AUDIT_API,
  },
  {
    app: 'access-point',
    title: 'Access point',
    description: "What officers and national systems do at their own country's access point.",
    routes: {
      ...Object.fromEntries(
        Object.entries<ApiOperation>(ACCESS_POINT_API).map(([name, operation]) => [name, routeOf(operation)]),
      ),
      ...WITNESS_API,
    },
  },
];

function routeOf(operation: ApiOperation): HttpRoute {
  const { method, path, summary, params, query, status, mediaType, bodyMediaType } = operation;
  const headers = headersOf(operation);
  return {
    method,
    path,
    summary,
    notes: rolesOf(operation),
    security: 'officer token',
    ...(params ? { params } : {}),
    ...(query ? { query } : {}),
    ...(headers ? { headers } : {}),
    ...(operation.body ? { bodies: { 'application/json': operation.body } } : {}),
    ...(bodyMediaType ? { bodies: { [bodyMediaType]: z.unknown() } } : {}),
    answers: {
      [status]: {
        description: summary,
        ...(mediaType === 'none' ? {} : { bodies: { [mediaType]: responseOf(operation) } }),
      },
    },
    errors: [...COMMON_API_ERRORS, ...operation.errors],
  };
}

function headersOf({ context, idempotent, headers }: ApiOperation): z.ZodObject | undefined {
  const shape = {
    ...(context ? officerContextHeaders.shape : {}),
    ...(idempotent ? idempotencyHeaders.shape : {}),
    ...headers?.shape,
  };
  return Object.keys(shape).length > 0 ? z.object(shape) : undefined;
}

function rolesOf({ roles, rolesNote }: ApiOperation): string {
  return `Roles: ${roles.join(', ')}.${rolesNote ? ` ${rolesNote}` : ''}`;
}

/** Of a stream: an event by its name with its data. */
function responseOf({ response }: ApiOperation): z.ZodType {
  if (response instanceof z.ZodType) return response;
  const events = Object.entries(response).map(([event, data]) => z.object({ event: z.literal(event), data }));
  return z.union(events);
}
