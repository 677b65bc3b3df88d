import type { z } from 'zod';
import type { ErrorCode } from '#libs/errors';
import type { OfficerRole } from '../codes.js';

/** One operation of the officers' API: the row from which the access point, the client, OpenAPI and the permission tests are made. */
export interface ApiOperation {
  readonly method: 'GET' | 'HEAD' | 'PATCH' | 'POST';
  /** Path as OpenAPI writes it: `/v1/legs/{legId}`. */
  readonly path: string;
  readonly summary: string;
  /** Roles of which an officer must hold one. */
  readonly roles: readonly OfficerRole[];
  /** What else must hold, in words. */
  readonly rolesNote?: string;
  /** Needs the headers `Serai-Desk` and `Serai-Purpose`. */
  readonly context: boolean;
  /** Needs the header `Idempotency-Key`. */
  readonly idempotent: boolean;
  /** Path parameters. */
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Of the body that is no JSON and is read as a stream. */
  readonly bodyMediaType?: string;
  readonly status: 200 | 201 | 202 | 204;
  /** JSON body of the answer; of a stream the schema of each event's data by event name; of bytes and of an answer without a body {@link z.unknown}. */
  readonly response: z.ZodType | Readonly<Record<string, z.ZodType>>;
  readonly mediaType:
    | 'application/json'
    | 'application/octet-stream'
    | 'application/zip'
    | 'text/event-stream'
    | 'none';
  /** Codes beside those that every operation may answer ({@link COMMON_API_ERRORS}). */
  readonly errors: readonly ErrorCode[];
}

/** Codes that any operation may answer. */
export const COMMON_API_ERRORS = [
  'ERR_OFFICER_UNAUTHENTICATED',
  'ERR_OFFICER_FORBIDDEN',
  'ERR_REQUEST_INVALID',
  'ERR_TRAFFIC_TOO_FAST',
  'ERR_TRAFFIC_QUOTA_SPENT',
  'ERR_UPSTREAM_UNAVAILABLE',
  'ERR_DATABASE_UNAVAILABLE',
  'ERR_DATABASE_FULL',
  'ERR_CLOCK_WRONG',
  'ERR_INTERNAL_UNEXPECTED',
] as const satisfies readonly ErrorCode[];

/** Every role: the operation shows nothing but the directory, or the officer's own token. */
export const EVERY_ROLE = [
  'LIAISON_OFFICER',
  'NCC_DUTY_OFFICER',
  'NCC_SUPERVISOR',
  'INVESTIGATOR',
  'BORDER_OFFICER',
  'ANALYST',
  'VICTIM_SUPPORT',
  'SECRETARIAT',
  'CHAIR',
  'PARTNER_REPORTER',
  'SECURITY_OFFICER',
  'AUDITOR',
  'HUB_OPERATOR',
] as const satisfies readonly OfficerRole[];

/** Who may ask abroad and act on the answers. */
export const REQUESTERS = ['LIAISON_OFFICER', 'NCC_DUTY_OFFICER', 'NCC_SUPERVISOR'] as const;

/** Who may read a leg of an own desk. */
export const READERS = [...REQUESTERS, 'INVESTIGATOR', 'ANALYST'] as const;

export const READERS_NOTE =
  'LIAISON_OFFICER: legs of own desks. NCC roles: legs of their participant. INVESTIGATOR and ANALYST: legs that were assigned to one of their desks.';

/** Who may take a leg on, answer and refuse it. */
export const RELEASERS = ['NCC_DUTY_OFFICER', 'NCC_SUPERVISOR'] as const;
