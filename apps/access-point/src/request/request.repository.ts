import type { EntityManager } from 'typeorm';
import type { Priority, RequestKind } from '#libs/contracts';
import { atCommit } from '#libs/persistence';
import type { Reach } from '../officer/permission.js';

/** A request that was sent from here. */
export interface RequestRecord {
  readonly requestId: string;
  readonly kind: RequestKind;
  readonly priority: Priority;
  readonly desk: string;
  readonly officer: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

const REQUESTS = `
  select request_id as "requestId", kind, priority, desk, officer, created_at as "createdAt", expires_at as "expiresAt"
    from request
   where ($1::boolean or desk = any ($2::text[]))`;

export async function findRequest(
  manager: EntityManager,
  requestId: string,
  reach: Reach,
): Promise<RequestRecord | undefined> {
  const [request]: RequestRecord[] = await manager.query(`${REQUESTS} and request_id = $3`, [
    reach.country,
    reach.desks,
    requestId,
  ]);
  return request;
}

/** Requests newest first, below a position. */
export async function findRequests(
  manager: EntityManager,
  { reach, before, limit }: { reach: Reach; before?: { at: string; requestId: string }; limit: number },
): Promise<RequestRecord[]> {
  return manager.query(
    `${REQUESTS} and ($3::timestamptz is null or (created_at, request_id) < ($3, $4::uuid))
     order by created_at desc, request_id desc
     limit $5`,
    [reach.country, reach.desks, before?.at, before?.requestId, limit],
  );
}

/** Stores requests with the commit. */
export async function insertRequests(tx: EntityManager, requests: readonly RequestRecord[]): Promise<void> {
  await atCommit(
    tx,
    `insert into request (request_id, kind, priority, desk, officer, created_at, expires_at)
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])`,
    [
      requests.map(({ requestId }) => requestId),
      requests.map(({ kind }) => kind),
      requests.map(({ priority }) => priority),
      requests.map(({ desk }) => desk),
      requests.map(({ officer }) => officer),
      requests.map(({ createdAt }) => createdAt),
      requests.map(({ expiresAt }) => expiresAt),
    ],
  );
}
