import {
  deadlineOverrun,
  deadlineWarned,
  envelopeAccepted,
  envelopeRefused,
  type HeaderOf,
  type LegState,
  legDelivered,
  legLapsed,
  legRead,
  requestSubmitted,
} from '#libs/contracts';
import { isMessage, type VerifiedEnvelope } from '#libs/envelope';
import { demand, type Report } from './report.js';
import type { VerifiedMessage } from './verify-message.js';

/** A message of one type. */
export type MessageOf<H> = Omit<VerifiedMessage, 'envelope'> & { readonly envelope: VerifiedEnvelope<H> };

type Request = MessageOf<HeaderOf<typeof requestSubmitted>>;
type Delivery = MessageOf<HeaderOf<typeof legDelivered>>;
type Read = MessageOf<HeaderOf<typeof legRead>>;

/** What a leg went through, as its verified messages tell. */
export interface VerifiedLeg {
  readonly request: Request;
  /** The recipient's own statement, taken by the rules of the hub. */
  readonly delivery: Delivery | undefined;
  readonly reads: readonly Read[];
  /** After the last event of the pack; absent when the hub refused the request. */
  readonly state: LegState | undefined;
}

/** Verifies what the messages of a leg say together. */
export async function verifyLeg(
  messages: readonly VerifiedMessage[],
  report: Report,
): Promise<VerifiedLeg | undefined> {
  await report.attempt('log-order', undefined, () => assertLogOrder(messages));
  await report.attempt('producer-chain', undefined, () => assertProducerChains(messages));
  const history = await report.attempt('leg-history', undefined, () => historyOf(messages));
  if (history === undefined) return undefined;
  const { request, accepted, state } = history;
  const statements = ofType(messages, legDelivered).filter(({ envelope }) => accepted.has(envelope.sha256));
  const [delivery] = statements;
  if (delivery !== undefined || state?.deliveredAt !== undefined) {
    await report.attempt('delivery-statement', delivery?.folder, () => {
      demand(delivery !== undefined, 'The hub says that the request was delivered, but the recipient does not say so.');
      demand(statements.length === 1, 'The hub took two statements of the delivery.');
      assertDelivery(request, delivery, state);
    });
  }
  const reads = ofType(messages, legRead).filter(({ envelope }) => accepted.has(envelope.sha256));
  for (const read of reads) {
    await report.attempt('read-statement', read.folder, () => assertFromRecipient(request, read));
  }
  return { request, delivery, reads, state };
}

/** Places in the log and in partitions are each taken once; a partition is logged in its order. */
function assertLogOrder(messages: readonly VerifiedMessage[]): void {
  const inOrder = [...messages].sort((one, other) => one.leaf.index - other.leaf.index);
  const lastOf = new Map<string, bigint>();
  const leaves = new Set<string>();
  for (const { leaf, record, folder } of inOrder) {
    const { origin } = leaf.witnessed.checkpoint;
    const place = `${leaf.index} ${origin}`;
    demand(!leaves.has(place), `${folder} has the place in the log of another message.`);
    leaves.add(place);
    const partition = `${record.partition} ${record.topic} ${origin}`;
    const offset = BigInt(record.offset);
    demand(
      offset > (lastOf.get(partition) ?? -1n),
      `${folder} was logged before what stands before it in its partition.`,
    );
    lastOf.set(partition, offset);
  }
}

function assertProducerChains(messages: readonly VerifiedMessage[]): void {
  const byNumber = new Map<string, VerifiedMessage>();
  for (const message of messages) {
    const { source, producerseq } = message.envelope.event;
    const name = `${source} ${producerseq}`;
    const other = byNumber.get(name);
    demand(
      other === undefined,
      `${source} signed two envelopes under the number ${producerseq}: ${other?.folder} and ${message.folder}.`,
    );
    byNumber.set(name, message);
  }
  for (const { envelope, folder } of messages) {
    const { source, producerseq = '1', producerprev } = envelope.event;
    const before = byNumber.get(`${source} ${BigInt(producerseq) - 1n}`);
    const fits = before === undefined || before.envelope.sha256 === producerprev;
    demand(fits, `${folder} names another envelope before it than ${before?.folder}.`);
  }
}

interface History {
  readonly request: Request;
  /** Hashes of the envelopes that the rules took. */
  readonly accepted: ReadonlySet<string>;
  readonly state: LegState | undefined;
}

const STATE_EVENTS = [envelopeAccepted, deadlineWarned, deadlineOverrun, legLapsed] as const;

function historyOf(messages: readonly VerifiedMessage[]): History {
  const [request, second] = ofType(messages, requestSubmitted);
  demand(request !== undefined && second === undefined, 'A leg has exactly one request.');
  const submissions = new Map(messages.filter(isSubmission).map((message) => [message.envelope.sha256, message]));
  const accepted = ofType(messages, envelopeAccepted).map(({ envelope }) => envelope);
  const answered = [...accepted, ...ofType(messages, envelopeRefused).map(({ envelope }) => envelope)];
  for (const { event } of answered) assertAnswers(event.data, submissions);
  const hashes = answered.map(({ event }) => event.data.header.envelope.sha256);
  demand(new Set(hashes).size === hashes.length, 'The hub answered one envelope twice.');
  for (const [sha256, { folder }] of submissions) {
    demand(hashes.includes(sha256), `What the hub made of ${folder} is missing.`);
  }
  const states = STATE_EVENTS.flatMap((contract) =>
    ofType(messages, contract).map(({ envelope }) => envelope.event.data.header.leg),
  );
  const state = lastOf(
    states,
    accepted.map(({ event }) => event.data.header.leg.version),
  );
  if (state !== undefined) assertParties(request, state);
  return { request, accepted: new Set(accepted.map(({ event }) => event.data.header.envelope.sha256)), state };
}

interface Answer {
  readonly cause?: string;
  readonly header: { readonly envelope: HeaderOf<typeof envelopeAccepted>['envelope'] };
}

function assertAnswers({ cause, header }: Answer, submissions: ReadonlyMap<string, VerifiedMessage>): void {
  const { sha256, id, type, source } = header.envelope;
  const answered = submissions.get(sha256);
  demand(answered !== undefined && cause === sha256, 'An event of the hub has a cause that is not in the pack.');
  const { event } = answered.envelope;
  demand(
    event.id === id && event.type === type && event.source === source,
    'An event of the hub describes its cause wrongly.',
  );
}

/** The last state: versions go from 1 without a gap, and no two accepted messages make the same one. */
function lastOf(states: readonly LegState[], acceptedVersions: readonly number[]): LegState | undefined {
  const versions = new Set(states.map(({ version }) => version));
  const last = Math.max(0, ...versions);
  demand(versions.size === last, 'A change of the leg is missing: its versions have a gap.');
  demand(new Set(acceptedVersions).size === acceptedVersions.length, 'Two changes of the leg have the same version.');
  return states.find(({ version }) => version === last);
}

function assertParties({ envelope }: Request, state: LegState): void {
  const { sender, recipient, kind, priority, requestId } = envelope.event.data.header;
  const isSame =
    isSameDesk(state.requester, sender) &&
    isSameDesk(state.addressee, recipient) &&
    state.kind === kind &&
    state.priority === priority &&
    state.requestId === requestId;
  demand(isSame, 'The events of the hub are about another request.');
}

function assertDelivery(request: Request, delivery: Delivery, state: LegState | undefined): void {
  assertFromRecipient(request, delivery);
  const isForIt = delivery.envelope.event.data.header.submission === request.envelope.sha256;
  demand(isForIt, 'The statement names another request.');
  const deliveredAt = state?.deliveredAt ?? '';
  const isBetween = request.record.acceptedAt <= deliveredAt && deliveredAt <= delivery.record.acceptedAt;
  demand(isBetween, 'The time of the delivery is not between the request and its statement.');
}

function assertFromRecipient(request: Request, { envelope }: MessageOf<HeaderOf<typeof legRead>>): void {
  const asked = request.envelope.event.data.header;
  const { sender, recipient } = envelope.event.data.header;
  const isFromIt = envelope.event.source === asked.recipient.participant && isSameDesk(sender, asked.recipient);
  demand(isFromIt, 'The statement is not from the desk that was asked.');
  demand(isSameDesk(recipient, asked.sender), 'The statement is for another desk than the one that asked.');
}

interface Desk {
  readonly participant: string;
  readonly desk: string;
}

function isSameDesk(one: Desk, other: Desk): boolean {
  return one.participant === other.participant && one.desk === other.desk;
}

function isSubmission({ envelope }: VerifiedMessage): boolean {
  return envelope.contract.channel === 'requests.submissions';
}

function ofType<C extends Parameters<typeof isMessage>[1]>(
  messages: readonly VerifiedMessage[],
  contract: C,
): MessageOf<HeaderOf<C>>[] {
  return messages.flatMap((message) => {
    const { envelope } = message;
    return isMessage(envelope, contract) ? [{ ...message, envelope }] : [];
  });
}
