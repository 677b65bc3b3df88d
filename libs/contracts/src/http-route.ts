import type { z } from 'zod';
import type { ErrorCode } from '#libs/errors';

/** How the caller of a route shows who it is. */
export type RouteSecurity = 'none' | 'caller token' | 'officer token' | 'operator token';

/** One answer of a route that is not an error: media type -> schema of the body; no bodies where there is none. */
export interface RouteAnswer {
  readonly description: string;
  readonly bodies?: Readonly<Record<string, z.ZodType>>;
}

/** One route of a service of the hub, kept in a table by operation id. Services serve it, access points call it, the OpenAPI document is generated from it. */
export interface HttpRoute {
  readonly method: 'GET' | 'HEAD' | 'PATCH' | 'POST';
  /** Path with parameters in braces, as OpenAPI writes it: `/v1/legs/{legId}`. */
  readonly path: string;
  /** One sentence for the reference. */
  readonly summary: string;
  /** What else a reader must know. */
  readonly notes?: string;
  readonly security: RouteSecurity;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Request headers beyond the standard ones, in lower case as Node.js hands them over. */
  readonly headers?: z.ZodObject;
  /** Media type -> schema of the request body. */
  readonly bodies?: Readonly<Record<string, z.ZodType>>;
  /** HTTP status -> answer. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Codes that this route may answer, each with the status of the error table. */
  readonly errors: readonly ErrorCode[];
  /** Media type -> schema of what carries an error; a problem document (RFC 9457) when left out. */
  readonly refusals?: Readonly<Record<string, z.ZodType>>;
}
