import type { z } from 'zod';
import {
  AUDIT_API,
  apiProblem,
  type CommunityLadder,
  type CommunityLadderList,
  communityLadder,
  communityLadderList,
  type FeedDisputeList,
  type FindingKind,
  type FindingPage,
  feedDisputeList,
  findingPage,
  type NewCommunityLadder,
  NOTIFICATIONS_API,
  OPERATIONS_API,
  type ParkedDiscardOrder,
  type ParkedPage,
  type ParkedRecord,
  parkedPage,
  type ReplayResult,
  replayResult,
  serviceUrnOf,
} from '#libs/contracts';
import { type Signer, signOperatorToken } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { SeraiProblem } from '../serai-problem.js';

export interface OperatorClientOptions {
  /** Name of the service: `requests`. */
  readonly service: string;
  /** Address of the service, without a path. */
  readonly baseUrl: string;
  /** Key of the operators of the hub. */
  readonly signer: Signer;
}

/** Narrows a list of parked records. */
export interface ParkedQuery {
  /** Number of the last record that was seen. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  readonly topic?: string | undefined;
  readonly code?: string | undefined;
  /** Those that were discarded, instead of those that wait. */
  readonly discarded?: boolean | undefined;
}

/** Narrows a list of findings. */
export interface FindingQuery {
  /** Number of the last finding that was seen. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  readonly kind?: FindingKind | undefined;
}

const ATTEMPT_MS = 15_000;

/**
 * What an operator of the hub does at one of its services. Each call signs a token of its own.
 *
 * @throws SeraiProblem with what the service refused; SeraiError ERR_UPSTREAM_UNAVAILABLE when it does not answer
 */
export class OperatorClient {
  constructor(private readonly options: OperatorClientOptions) {}

  /** One page of parked records. */
  async parked(query: ParkedQuery = {}): Promise<ParkedPage> {
    return this.call('GET', `${OPERATIONS_API.listParked.path}?${searchOf(query)}`, parkedPage);
  }

  /** Parked records from page to page. */
  async *everyParked(query: Omit<ParkedQuery, 'limit'> = {}): AsyncGenerator<ParkedRecord> {
    let { after } = query;
    do {
      const page = await this.parked({ ...query, after });
      yield* page.records;
      after = page.next;
    } while (after !== undefined);
  }

  /** Gives a parked record to the service again, and what waits behind it. */
  async replay(id: string): Promise<ReplayResult> {
    return this.call('POST', OPERATIONS_API.replayParked.path.replace('{id}', encodeURIComponent(id)), replayResult);
  }

  /** Closes a parked record that can not verify; resolves to what became of the records that waited behind it. */
  async discard(id: string, order: ParkedDiscardOrder): Promise<ReplayResult> {
    const path = OPERATIONS_API.discardParked.path.replace('{id}', encodeURIComponent(id));
    return this.call('POST', path, replayResult, order);
  }

  /** One page of what the log found wrong, from the oldest; at `audit`. */
  async findings(query: FindingQuery = {}): Promise<FindingPage> {
    return this.call('GET', `${AUDIT_API.listFindings.path}?${searchOf(query)}`, findingPage);
  }

  /** Newest reports of participants that their feed does not fit; at `notifications`. */
  async feedDisputes(limit: number): Promise<FeedDisputeList> {
    return this.call('GET', `${NOTIFICATIONS_API.listDisputes.path}?limit=${limit}`, feedDisputeList);
  }

  /** Ladders of desks that have set none, newest first; at `notifications`. */
  async ladders(): Promise<CommunityLadderList> {
    return this.call('GET', NOTIFICATIONS_API.listLadders.path, communityLadderList);
  }

  /** Sets the ladder of desks that have set none; at `notifications`. The same order may be sent again. */
  async setLadder(order: NewCommunityLadder): Promise<CommunityLadder> {
    return this.call('POST', NOTIFICATIONS_API.setLadder.path, communityLadder, order);
  }

  private async call<Schema extends z.ZodType>(
    method: string,
    path: string,
    schema: Schema,
    json?: object,
  ): Promise<z.output<Schema>> {
    const { service, baseUrl, signer } = this.options;
    const token = await signOperatorToken(serviceUrnOf(service), new Date(), signer);
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json, application/problem+json',
      ...(json ? { 'content-type': 'application/json' } : {}),
    };
    const body = json ? JSON.stringify(json) : null;
    const signal = AbortSignal.timeout(ATTEMPT_MS);
    const response = await fetch(new URL(path, baseUrl), { method, headers, body, signal, redirect: 'error' }).catch(
      (cause: unknown) => {
        throw new SeraiError('ERR_UPSTREAM_UNAVAILABLE', `${service} does not answer at ${baseUrl}.`, { cause });
      },
    );
    const answered: unknown = await response.json().catch(() => undefined);
    const problem = apiProblem.safeParse(answered);
    if (!response.ok && problem.success) throw new SeraiProblem(problem.data);
    const answer = schema.safeParse(answered);
    if (response.ok && answer.success) return answer.data;
    throw new SeraiError(
      'ERR_UPSTREAM_UNAVAILABLE',
      `${baseUrl} answered ${response.status} in an unknown form: is it ${service}?`,
    );
  }
}

/** Without what is not given. */
function searchOf(query: ParkedQuery | FindingQuery): URLSearchParams {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
}
