import { judge } from './judgement.js';
import type { CallsSeen } from './load/officer-calls.js';
import type { Strike } from './protocol.js';

const strike = (kind: Strike['kind'], name: string): Strike => ({ kind, name, ms: 0 });
const seen = (more: Partial<CallsSeen> = {}): CallsSeen => ({ failed: 0, slow: 0, unclear: {}, silent: {}, ...more });
const NOTHING = { noticed: 0, unclear: {} };

it.each([
  ['peace', undefined],
  ['a restart of the gateway', strike('restart', 'gateway')],
  ['a restart of notifications', strike('restart', 'notifications')],
])('officers notice nothing of %s: no call fails, though repeated with success, and none is slow', (_what, what) => {
  expect(judge(what, seen())).toEqual(NOTHING);
  expect(judge(what, seen({ failed: 1 })).noticed).toBe(1);
  expect(judge(what, seen({ slow: 2 })).noticed).toBe(2);
});

it.each([
  ['a restart of their own access point', strike('restart', 'access-point-rs')],
  ['a kill', strike('kill', 'gateway')],
  ['an outage', strike('outage', 'PostgreSQL')],
  ['a pause', strike('pause', 'requests')],
])('officers may notice %s, as long as they are told clearly', (_what, what) => {
  expect(judge(what, seen({ failed: 5, slow: 3 }))).toEqual(NOTHING);
  const unclear = { '500 /v1/legs': 1 };
  expect(judge(what, seen({ failed: 1, unclear }))).toEqual({ noticed: 0, unclear });
});

it('an access point owes an answer unless it was struck itself', () => {
  const silent = { rs: 2, iq: 1 };
  expect(judge(strike('kill', 'access-point-rs'), seen({ failed: 3, silent })).unclear).toEqual({
    'no answer of access-point-iq in kill access-point-rs': 1,
  });
  expect(judge(strike('outage', 'Kafka'), seen({ failed: 3, silent })).unclear).toEqual({
    'no answer of access-point-rs in outage Kafka': 2,
    'no answer of access-point-iq in outage Kafka': 1,
  });
});
