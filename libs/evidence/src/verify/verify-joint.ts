import { z } from 'zod';
import { instant } from '#libs/contracts';
import { demand, Report, type Verdict } from './report.js';
import type { TrustAnchors } from './verify-pack.js';
import { checkRecords, type StatedRecords } from './verify-records.js';

/** What follows from the exports of two participants. */
export interface JointFacts {
  readonly review: string;
  readonly from: string;
  readonly until: string;
  readonly participants: readonly [string, string];
  /** Messages between the two. */
  readonly messages: number;
}

/** A message as one side states it. */
const message = z.object({
  recordId: z.string(),
  action: z.enum(['SENT', 'RECEIVED']),
  counterpart: z.string(),
  sha256: z.string(),
  state: z.string().optional(),
});
type Message = z.infer<typeof message>;

const scope = z.strictObject({ from: instant, until: instant, counterpart: z.string().optional() });

/** One side of a joint review. */
interface Side {
  readonly participant: string;
  readonly review: string;
  readonly from: string;
  readonly until: string;
  readonly messages: ReadonlyMap<string, Message>;
}

/**
 * Verifies what two participants exported for a joint review, and compares it: what one sent the other must have received.
 *
 * @param files the two exports
 * @returns every check that was made; never throws for what the files contain
 * @example const { holds, checks } = await verifyJoint([rs, iq], { roots })
 */
export async function verifyJoint(
  files: readonly [Uint8Array, Uint8Array],
  anchors: TrustAnchors,
): Promise<Verdict<JointFacts>> {
  const report = new Report();
  const one = await checkRecords(report, files[0], anchors, 'first export');
  const other = await checkRecords(report, files[1], anchors, 'second export');
  if (one === undefined || other === undefined) return report.verdict();
  const sides = await report.attempt('joint-scope', undefined, () => sidesOf(one, other));
  if (sides === undefined) return report.verdict();
  const [a, b] = sides;
  await report.attempt(
    'joint-messages',
    undefined,
    () => undefined,
    () => [...differences(a, b), ...differences(b, a)],
  );
  const { review, from, until } = a;
  const participants = [a.participant, b.participant] as const;
  const messages = new Set([...a.messages.keys(), ...b.messages.keys()]).size;
  return report.verdict({ review, from, until, participants, messages });
}

function sidesOf(one: StatedRecords, other: StatedRecords): readonly [Side, Side] {
  const [a, b] = [one.statement.participant, other.statement.participant];
  demand(a !== b, 'Both exports are of the same participant.');
  const [first, second] = [sideOf(one, b), sideOf(other, a)];
  demand(first.review === second.review, 'The exports are of two reviews.');
  demand(first.from === second.from && first.until === second.until, 'The exports are of different times.');
  demand(one.statement.realm === other.statement.realm, 'The exports are of different realms.');
  return [first, second];
}

/** An export may be narrowed by nothing but time and the other side: what it does not hold would seem to be missing. */
function sideOf({ statement }: StatedRecords, other: string): Side {
  const { participant, review, criteria, complete, exportedAt, records } = statement;
  const named = scope.safeParse(criteria);
  demand(review !== undefined, `${participant} did not export for a joint review.`);
  demand(named.success, `${participant} exported by other criteria than a time and the other side.`);
  const { from, until, counterpart } = named.data;
  demand(counterpart === undefined || counterpart === other, `${participant} exported what it exchanged with another.`);
  demand(Date.parse(until) <= Date.parse(exportedAt), `${participant} exported before the time was over.`);
  demand(complete, `${participant} has more records than its export: agree on a shorter time.`);
  const messages = records.flatMap((record) => {
    const parsed = message.safeParse(record);
    return parsed.success && parsed.data.counterpart === other ? [[parsed.data.recordId, parsed.data] as const] : [];
  });
  return { participant, review, from, until, messages: new Map(messages) };
}

/** What the sender states and the recipient does not, or not so; and what the recipient states as sent by a sender who does not know it. */
function differences(sender: Side, recipient: Side): string[] {
  const faults: string[] = [];
  for (const [id, sent] of sender.messages) {
    if (sent.action !== 'SENT' || sent.state !== 'ACCEPTED') continue;
    const received = recipient.messages.get(id);
    if (received?.action !== 'RECEIVED') {
      faults.push(`${sender.participant} sent ${id}, and ${recipient.participant} states nothing of it.`);
    } else if (received.sha256 !== sent.sha256) {
      faults.push(`${recipient.participant} received ${id} with other bytes than ${sender.participant} sent.`);
    }
  }
  for (const [id, received] of recipient.messages) {
    if (received.action !== 'RECEIVED' || sender.messages.get(id)?.action === 'SENT') continue;
    faults.push(`${recipient.participant} received ${id}, and ${sender.participant} states nothing of it.`);
  }
  return faults;
}
