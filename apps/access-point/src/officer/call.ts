import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { z } from 'zod';
import {
  ACCESS_POINT_API,
  type ApiOperation,
  type ApiOperationId,
  idempotencyHeaders,
  officerContextHeaders,
} from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { type HttpRequest, parseInput } from '#libs/telemetry';
import type { Acting, Officer } from './officer.js';
import { type Reach, requireReach } from './permission.js';

type Operations = typeof ACCESS_POINT_API;

type InputOf<Id extends ApiOperationId, Part extends string> =
  Operations[Id] extends Record<Part, infer Schema extends z.ZodType> ? z.output<Schema> : undefined;

/** One checked call of an operation: who, how far they reach, and the parsed input. */
export interface Call<Id extends ApiOperationId> {
  readonly operation: Id;
  readonly officer: Officer;
  readonly reach: Reach;
  readonly params: InputOf<Id, 'params'>;
  readonly query: InputOf<Id, 'query'>;
  readonly body: InputOf<Id, 'body'>;
  readonly headers: InputOf<Id, 'headers'>;
  /** Present where the operation asks for desk and purpose. */
  readonly acting: Operations[Id]['context'] extends true ? Acting : undefined;
  /** Present where the operation acts. */
  readonly idempotencyKey: Operations[Id]['idempotent'] extends true ? string : undefined;
}

/** Any call, for code that serves all operations. */
export interface AnyCall {
  readonly operation: ApiOperationId;
  readonly officer: Officer;
  readonly reach: Reach;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly headers: unknown;
  readonly acting: Acting | undefined;
  readonly idempotencyKey: string | undefined;
}

/** A call that acts, once per key. */
export type IdempotentCall = AnyCall & { readonly idempotencyKey: string };

/** One that acts for a desk. */
export type Act = IdempotentCall & { readonly acting: Acting };

/** What of an HTTP request a call is made from. */
export type RawCall = Pick<HttpRequest, 'params' | 'query' | 'body' | 'headers'>;

/**
 * Checks a request in the order role, desk and purpose, input.
 *
 * @throws SeraiError ERR_OFFICER_FORBIDDEN, ERR_OFFICER_NO_PURPOSE, ERR_REQUEST_INVALID
 */
export function openCall(id: ApiOperationId, officer: Officer, raw: RawCall): AnyCall {
  const operation: ApiOperation = ACCESS_POINT_API[id];
  const reach = requireReach(officer, id);
  const acting = operation.context ? actingOf(officer, raw) : undefined;
  const idempotencyKey = operation.idempotent
    ? parseInput(idempotencyHeaders, { 'idempotency-key': raw.headers['idempotency-key'] })['idempotency-key']
    : undefined;
  const parse = (schema: z.ZodType | undefined, input: unknown): unknown =>
    schema === undefined ? undefined : parseInput(schema, input);
  return {
    operation: id,
    officer,
    reach,
    acting,
    idempotencyKey,
    params: parse(operation.params, raw.params),
    query: parse(operation.query, raw.query),
    headers: parse(operation.headers, raw.headers),
    body: parse(operation.body, raw.body),
  };
}

/** No purpose, no query (invariant I15). */
function actingOf(officer: Officer, raw: RawCall): Acting {
  const parsed = officerContextHeaders.safeParse(raw.headers);
  if (!parsed.success) {
    throw new SeraiError(
      'ERR_OFFICER_NO_PURPOSE',
      'Name desk and purpose in the headers Serai-Desk and Serai-Purpose.',
    );
  }
  const { 'serai-desk': desk, 'serai-purpose': purpose } = parsed.data;
  if (!officer.desks.includes(desk)) throw new SeraiError('ERR_OFFICER_FORBIDDEN', 'You do not act for this desk.');
  return { desk, purpose };
}

/** Hands the checked call of an operation to its controller method. */
export const CallOf = createParamDecorator((_: unknown, context: ExecutionContext) => {
  return context.switchToHttp().getRequest<CallRequest>().seraiCall;
});

/** A request on its way to the controller. */
export type CallRequest = HttpRequest & { seraiOfficer?: Officer; seraiCall?: AnyCall };
