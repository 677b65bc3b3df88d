import { v7 as uuid7 } from 'uuid';
import { z } from 'zod';
import { ACCESS_POINT_API, type ApiOperation, type ApiOperationId, apiProblem } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { SeraiProblem } from '../serai-problem.js';
import { repeatWithPatience, TryAgain } from './patience.js';

type Api = typeof ACCESS_POINT_API;
type InputOf<Operation, Member extends string> =
  Operation extends Record<Member, infer Schema extends z.ZodType> ? z.input<Schema> : undefined;

/** Body of an operation as its caller writes it. */
export type BodyOf<Id extends ApiOperationId> = InputOf<Api[Id], 'body'>;
/** Query of an operation as its caller writes it. */
export type QueryOf<Id extends ApiOperationId> = InputOf<Api[Id], 'query'>;
/** Parsed answer of an operation. */
export type AnswerOf<Id extends ApiOperationId> = Api[Id]['response'] extends z.ZodType
  ? z.output<Api[Id]['response']>
  : never;

/** What one call carries beside the operation. */
export interface Call {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of an act; made anew for each call unless given. Give it to repeat an act safely from another process. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  /** How long one attempt may take: 15 s unless given. */
  readonly attemptMs?: number;
}

export interface TransportOptions {
  /** Address of the access point, without a path. */
  readonly baseUrl: string;
  /** Gives a valid access token; asked before every attempt. */
  readonly token: () => Promise<string>;
  /** Desk (URN) that the officer acts for. */
  readonly desk?: string;
  /** Purpose code of acts and of looks at content. */
  readonly purpose?: string;
  /** Milliseconds to go on while the access point does not answer or answers 503. 20 s unless given. */
  readonly patienceMs?: number;
  readonly fetch?: typeof fetch;
}

const ATTEMPT_MS = 15_000;
const DEFAULT_PATIENCE_MS = 20_000;
/** Answers of an access point, or of a proxy before it, that is not there at the moment. */
const NOT_THERE = [502, 503, 504];

/**
 * Makes the HTTP calls of the route table. Every operation may be repeated: reads change nothing and acts carry an idempotency key.
 * So whatever did not get an answer is sent again while the patience lasts.
 */
export class Transport {
  constructor(readonly options: TransportOptions) {}

  /** Calls an operation and checks its answer against the table. */
  async call<Id extends ApiOperationId>(id: Id, call: Call = {}): Promise<AnswerOf<Id>> {
    const operation: ApiOperation = ACCESS_POINT_API[id];
    const keyed = operation.idempotent ? { ...call, idempotencyKey: call.idempotencyKey ?? uuid7() } : call;
    const json = await this.repeat(call.signal, async () => {
      const response = await this.attempt(operation, keyed, AbortSignal.timeout(call.attemptMs ?? ATTEMPT_MS));
      return response.json().catch((error: unknown) => Promise.reject(new TryAgain(this.unreachable(error))));
    });
    const parsed = (operation.response as z.ZodType).safeParse(json);
    if (parsed.success) return parsed.data as AnswerOf<Id>;
    throw new SeraiError(
      'ERR_INTERNAL_UNEXPECTED',
      `The access point answered ${id} in a form that its API does not describe.`,
      {
        detail: { issues: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) },
      },
    );
  }

  /** Opens the stream of an operation; the caller reads the body. */
  async open(id: ApiOperationId, call: Call): Promise<Response> {
    return this.repeat(call.signal, () => this.attempt(ACCESS_POINT_API[id], call));
  }

  private async repeat<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
    return repeatWithPatience({ ms: this.options.patienceMs ?? DEFAULT_PATIENCE_MS, signal }, attempt);
  }

  /** One HTTP exchange: a successful response, {@link TryAgain}, or {@link SeraiProblem}. */
  private async attempt(operation: ApiOperation, call: Call, timeout?: AbortSignal): Promise<Response> {
    const signals = [call.signal, timeout].filter((signal) => signal !== undefined);
    const init = {
      method: operation.method,
      headers: await this.headers(operation, call),
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      signal: AbortSignal.any(signals),
      redirect: 'error' as const,
    };
    let response: Response;
    try {
      response = await (this.options.fetch ?? fetch)(this.address(operation, call), init);
    } catch (error) {
      if (call.signal?.aborted) throw error;
      throw new TryAgain(this.unreachable(error));
    }
    if (response.ok) return response;
    throw await this.failure(response);
  }

  private async headers(operation: ApiOperation, call: Call): Promise<Record<string, string>> {
    const { desk, purpose } = this.options;
    return {
      authorization: `Bearer ${await this.options.token()}`,
      accept: `${operation.mediaType}, application/problem+json`,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(operation.context && desk ? { 'serai-desk': desk } : {}),
      ...(operation.context && purpose ? { 'serai-purpose': purpose } : {}),
      ...(call.idempotencyKey ? { 'idempotency-key': call.idempotencyKey } : {}),
      ...call.headers,
    };
  }

  private address(operation: ApiOperation, call: Call): URL {
    const path = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) =>
      encodeURIComponent(call.params?.[name] ?? ''),
    );
    const url = new URL(path, this.options.baseUrl);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  private async failure(response: Response): Promise<SeraiProblem | SeraiError | TryAgain> {
    const parsed = apiProblem.safeParse(await response.json().catch(() => undefined));
    const error = parsed.success ? new SeraiProblem(parsed.data) : this.notOurs(response.status);
    if (!NOT_THERE.includes(response.status)) return error;
    const seconds = Number(response.headers.get('retry-after'));
    return new TryAgain(error, seconds > 0 ? seconds * 1000 : undefined);
  }

  private notOurs(status: number): SeraiError {
    const sentence = `${this.options.baseUrl} answered ${status} without a problem document: is it an access point?`;
    return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', sentence);
  }

  private unreachable(cause: unknown): SeraiError {
    return new SeraiError('ERR_UPSTREAM_UNAVAILABLE', `The access point at ${this.options.baseUrl} does not answer.`, {
      cause,
    });
  }
}
