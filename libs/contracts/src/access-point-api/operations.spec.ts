import { z } from 'zod';
import { routesQuery } from './directory-views.js';
import { legsQuery } from './legs.js';
import { type ApiOperation, COMMON_API_ERRORS } from './operation.js';
import { ACCESS_POINT_API } from './operations.js';
import { newRequest } from './requests.js';

const operations: [string, ApiOperation][] = Object.entries(ACCESS_POINT_API);
const parametersOf = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);

describe('the route table of the access point', () => {
  it('has no two operations with the same method and path', () => {
    const routes = operations.map(([, { method, path }]) => `${method} ${path}`);
    expect(new Set(routes).size).toBe(routes.length);
  });

  it.each(operations)('%s describes exactly the parameters of its path', (_id, operation) => {
    expect(Object.keys(operation.params?.shape ?? {}).sort()).toEqual(parametersOf(operation.path).sort());
  });

  it.each(operations)('%s changes something if and only if it asks for an idempotency key', (_id, operation) => {
    expect(operation.idempotent).toBe(operation.method === 'POST');
    expect(operation.body === undefined || operation.method === 'POST').toBe(true);
  });

  it.each(operations)('%s lists no common error twice, and says when a purpose is needed', (_id, operation) => {
    expect(operation.errors.filter((code) => COMMON_API_ERRORS.includes(code as never))).toEqual([]);
    expect(operation.errors.includes('ERR_OFFICER_NO_PURPOSE')).toBe(operation.context);
  });

  it.each(operations)('%s can be written as JSON Schema', (_id, operation) => {
    const schemas = operation.response instanceof z.ZodType ? [operation.response] : Object.values(operation.response);
    for (const schema of [...schemas, ...(operation.body ? [operation.body] : [])]) {
      expect(z.toJSONSchema(schema, { io: 'input' })).toMatchObject({});
    }
  });
});

describe('queries', () => {
  it('take only what the table says', () => {
    expect(legsQuery.parse({ overdue: 'true', limit: '5' })).toEqual({ overdue: true, limit: 5, sort: 'newest' });
    expect(legsQuery.safeParse({ overdue: 'perhaps' }).success).toBe(false);
    expect(legsQuery.safeParse({ limit: '201' }).success).toBe(false);
    expect(legsQuery.safeParse({ cursor: 'a b' }).success).toBe(false);
  });

  it('split a list of participants and refuse a foreign word in it', () => {
    const list = 'urn:serai:participant:iq,urn:serai:participant:tr';
    expect(routesQuery.parse({ to: list }).to).toHaveLength(2);
    expect(routesQuery.safeParse({ to: `${list},` }).success).toBe(false);
  });
});

describe('a new request', () => {
  it('may not name a participant twice', () => {
    const recipient = { participant: 'urn:serai:participant:iq', desk: 'urn:serai:desk:iq:ncc' };
    const outcome = newRequest.shape.recipients.safeParse([recipient, recipient]);
    expect(outcome.error?.issues[0]?.message).toBe('must name each participant once');
  });
});
