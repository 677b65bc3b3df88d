import type { SeraiClient } from '#libs/client';
import { type LegSummary, legDelivered } from '#libs/contracts';
import { type Distribution, distributionOf } from '../statistics/distribution.js';
import type { Officers } from './officers.js';
import type { AuditReport } from './protocol.js';

const PAGE = 200;
/** Over all pages; more legs than any run makes. */
const MOST_LEGS = 1_000_000;

/** Compares what was submitted with what both access points list: the lists are read from their databases, not from what streams showed. */
export async function audit(
  { sender, recipient }: Officers,
  submitted: ReadonlySet<string>,
  packs: number,
): Promise<AuditReport> {
  const received = await listLegs(recipient, 'incoming');
  const sent = await listLegs(sender, 'outgoing');
  const delivered = new Set(received.map(({ legId }) => legId).filter((legId) => submitted.has(legId)));
  const stated = sent.filter(({ legId, status }) => submitted.has(legId) && status === 'DELIVERED');
  return {
    submitted: submitted.size,
    delivered: delivered.size,
    statements: new Set(stated.map(({ legId }) => legId)).size,
    surplus: received.length - delivered.size,
    envelopeBytes: await envelopeBytes(sender, stated[0]),
    packs: await timesOfPacks(sender, spread(stated, packs)),
  };
}

async function listLegs(officer: SeraiClient, direction: 'incoming' | 'outgoing'): Promise<LegSummary[]> {
  const legs: LegSummary[] = [];
  for await (const leg of officer.legs({ direction, limit: PAGE })) {
    legs.push(leg);
    if (legs.length > MOST_LEGS) throw new Error(`${direction} legs do not end`);
  }
  return legs;
}

/** From the first to the last, at equal distances. */
function spread<Item>(items: readonly Item[], count: number): Item[] {
  const distance = Math.max(1, Math.floor(items.length / count));
  return items.filter((_, place) => place % distance === 0).slice(0, count);
}

/** One after the other. */
async function timesOfPacks(sender: SeraiClient, legs: readonly LegSummary[]): Promise<Distribution> {
  const times: number[] = [];
  for (const { legId } of legs) {
    const begun = performance.now();
    await sender.evidence(legId);
    times.push(performance.now() - begun);
  }
  const distribution = distributionOf(times);
  if (!distribution) throw new Error('no leg has an evidence pack');
  return distribution;
}

/** Signed bytes of the two envelopes of one exchange, as the sender's side keeps them. */
async function envelopeBytes(sender: SeraiClient, leg: LegSummary | undefined): Promise<AuditReport['envelopeBytes']> {
  if (!leg) throw new Error('no leg was delivered');
  const { messages } = await sender.leg(leg.legId);
  const [submission] = messages;
  const statement = messages.find(({ type }) => type === legDelivered.type);
  if (!submission || !statement) throw new Error(`leg ${leg.legId} shows no signed delivery statement`);
  const sizeOf = async (envelopeId: string): Promise<number> =>
    Buffer.byteLength((await sender.proof(leg.legId, envelopeId)).envelope);
  return { submission: await sizeOf(submission.envelopeId), statement: await sizeOf(statement.envelopeId) };
}
