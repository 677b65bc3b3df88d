import type { z } from 'zod';
import type { ErrorCode } from '#libs/errors';

/** How the caller of a route shows who it is. */
export type RouteSecurity = 'none' | 'caller token' | 'officer token';

/** One answer of a route that is not an error: media type -> schema of the body; no bodies where there is none. */
export interface RouteAnswer {
  readonly description: string;
  readonly bodies?: Readonly<Record<string, z.ZodType>>;
}

/** One route of an HTTP API. Applications serve it, clients call it, the OpenAPI document is generated from it. */
export interface HttpRoute {
  /** Unique name in camelCase: the operation id of the OpenAPI document. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path with parameters in braces, as OpenAPI writes it: `/v1/legs/{legId}`. */
  readonly path: string;
  /** One sentence for the reference. */
  readonly summary: string;
  readonly security: RouteSecurity;
  /** One schema per parameter of the path. */
  readonly parameters?: Readonly<Record<string, z.ZodType>>;
  readonly query?: z.ZodObject;
  /** Request headers beyond the standard ones, by their names in the documentation. */
  readonly headers?: z.ZodObject;
  /** Media type -> schema of the request body. */
  readonly bodies?: Readonly<Record<string, z.ZodType>>;
  /** HTTP status, or a class of them like `4XX`, -> answer. */
  readonly answers: Readonly<Record<string, RouteAnswer>>;
  /** Codes that this route may answer as a problem document (RFC 9457), with the status of the error table. */
  readonly errors: readonly ErrorCode[];
}
