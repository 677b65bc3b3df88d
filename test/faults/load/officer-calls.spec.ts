import { OfficerCalls } from './officer-calls.js';

const URL_OF_LEG = 'http://127.0.0.1:4121/v1/legs/01933f6e-0000-7000-8000-000000000001/acknowledgement';

let now: number;
let calls: OfficerCalls;
beforeEach(() => {
  now = 1_000;
  calls = new OfficerCalls(() => now);
});

const answered = (status: number, retryAfter?: string) => async (): Promise<Response> => {
  const response = new Response(null, { status, ...(retryAfter ? { headers: { 'retry-after': retryAfter } } : {}) });
  return Object.defineProperty(response, 'url', { value: URL_OF_LEG });
};
const nothing = { failed: 0, slow: 0, unclear: {}, silent: {} };

it('sees nothing in answers, and in refusals that say what is wrong', async () => {
  for (const status of [202, 404, 409]) await calls.watch('rs', answered(status));
  expect(calls.take()).toEqual(nothing);
});

it('counts a failure that tells when to come again, though it is clear', async () => {
  await calls.watch('rs', answered(503, '5'));
  expect(calls.take()).toEqual({ ...nothing, failed: 1 });
  expect(calls.take()).toEqual(nothing);
});

it.each([
  ['a 503 without Retry-After', 503, undefined],
  ['a 503 whose Retry-After is no time', 503, 'soon'],
  ['a 500', 500, '5'],
])('finds %s unclear', async (_what, status, retryAfter) => {
  await calls.watch('rs', answered(status, retryAfter));
  const unclear = { [`${status} /v1/legs/*/acknowledgement`]: 1 };
  expect(calls.take()).toEqual({ ...nothing, failed: 1, unclear });
});

it('counts a call without an answer for its side', async () => {
  const call = calls.watch('iq', () => Promise.reject(new TypeError('fetch failed')));
  await expect(call).rejects.toThrow('fetch failed');
  expect(calls.take()).toEqual({ ...nothing, failed: 1, silent: { iq: 1 } });
});

it('counts a slow call once, also while it has no answer yet', async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  const call = calls.watch('rs', () => promise);
  now += 3_000;
  expect(calls.take()).toEqual(nothing);
  now += 1;
  expect(calls.take()).toEqual({ ...nothing, slow: 1 });
  resolve(await answered(202)());
  await call;
  expect(calls.take()).toEqual(nothing);
});

it('counts a slow call that was answered in the end', async () => {
  const late = async (): Promise<Response> => {
    now += 3_001;
    return answered(202)();
  };
  await calls.watch('rs', late);
  expect(calls.take()).toEqual({ ...nothing, slow: 1 });
});
