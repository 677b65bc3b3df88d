import { performance } from 'node:perf_hooks';
import { legDelivered } from '#libs/contracts';
import { claimedTime } from '#libs/envelope';
import type { Exchange } from './exchange-book.js';
import type { Officers } from './officers.js';
import type { Trace } from './protocol.js';

/**
 * Where the time of one finished exchange went: by the times that each process signed on its way, to the millisecond, and by the live events. One clock, because
 * all of it runs on one machine.
 */
export async function traceOf({ sender, recipient }: Officers, exchange: Exchange): Promise<Trace> {
  const { dueAt, legId, reached } = exchange;
  if (legId === undefined) throw new Error('an exchange without an answer has no trace');
  const { messages } = await sender.leg(legId);
  const statement = messages.find(({ type }) => type === legDelivered.type);
  if (!messages[0] || !statement) throw new Error(`leg ${legId} shows no signed delivery statement`);
  const asked = await sender.proof(legId, messages[0].envelopeId);
  const stated = await sender.proof(legId, statement.envelopeId);
  const given = await recipient.proof(legId, statement.envelopeId);
  const signed = (jws: string | undefined): number | undefined =>
    jws === undefined ? undefined : claimedTime(jws).getTime() - performance.timeOrigin;
  const points: [keyof Trace, number | undefined][] = [
    ['signed', signed(asked.envelope)],
    ['answered', reached.answered],
    ['taken', signed(asked.receipt)],
    ['decided', signed(asked.event)],
    ['stated', signed(stated.envelope)],
    ['inbox', reached.inbox],
    ['statementTaken', signed(given.receipt)],
    ['statementDecided', signed(stated.event)],
    ['delivered', reached.delivered],
  ];
  return Object.fromEntries(points.flatMap(([point, at]) => (at === undefined ? [] : [[point, at - dueAt]])));
}
