import type { LegState, Realm } from '#libs/contracts';
import type { Directory } from '#libs/trust';
import type { VerifiedLeg } from './verify-leg.js';
import type { WitnessedCheckpoint } from './verify-log.js';
import type { VerifiedMessage } from './verify-message.js';

/** A desk that took part. */
export interface FactParty {
  readonly participant: string;
  /** As the directory had it at that time. */
  readonly name: string;
  readonly desk: string;
  /** Pseudonym, which only the own agency resolves. */
  readonly officer?: string;
}

/** Something that a party stated, with the times that bound it. All times RFC 3339, UTC. */
export interface FactStatement {
  readonly by: FactParty;
  /** By the clock of who stated it. */
  readonly statedAt: string;
  /** By the clock of the hub's broker. */
  readonly acceptedAt: string;
  /** When enough witnesses had seen it, by their clocks: it was there by then. */
  readonly witnessedAt: string;
  /** SHA-256 of the envelope, base64url. */
  readonly sha256: string;
}

/** A log as of the newest checkpoint of the pack. */
export interface FactLog {
  readonly origin: string;
  readonly size: number;
  /** Base64, as checkpoints have it. */
  readonly root: string;
  readonly witnesses: readonly string[];
  readonly witnessedAt: string;
  readonly policyFrom: string;
}

/** What follows from a pack of which every check holds; nothing else may be said of it. */
export interface PackFacts {
  readonly realm: Realm;
  readonly leg: string;
  readonly requestId: string;
  readonly kind: string;
  readonly priority: string;
  readonly request: FactStatement;
  /** When the gateway says that it took the request, where the pack has its receipt. */
  readonly receivedAt?: string;
  readonly recipient: FactParty;
  /** `deliveredAt` is when the clock of the leg started. */
  readonly delivery?: FactStatement & { readonly deliveredAt: string };
  readonly reads: readonly FactStatement[];
  /** After the last event of the pack; absent when the hub refused the request. */
  readonly state?: Pick<LegState, 'status' | 'version' | 'outcome' | 'overdue'>;
  readonly messages: number;
  /** The agreement that the request names, and the profile of deadlines in force when it was delivered. */
  readonly policies: {
    readonly agreement?: { readonly id: string; readonly title: string };
    readonly deadlineProfile?: string;
  };
  readonly directory: { readonly version: number; readonly head: string; readonly statedAt: string };
  readonly logs: readonly FactLog[];
}

interface Verified {
  readonly directory: Directory;
  readonly statedAt: string;
  readonly leg: VerifiedLeg;
  readonly messages: readonly VerifiedMessage[];
  readonly newest: readonly WitnessedCheckpoint[];
}

/** Says what follows from verified parts. */
export function factsOf({ directory, statedAt, leg, messages, newest }: Verified): PackFacts {
  const { request, delivery, reads, state } = leg;
  const { requestId, kind, priority, recipient } = request.envelope.event.data.header;
  const deliveredAt = state?.deliveredAt;
  const agreement = agreementOf(leg, directory);
  const deadlineProfile = state?.clock.profile;
  return {
    realm: directory.realm,
    leg: request.envelope.event.subject,
    requestId,
    kind,
    priority,
    request: statementOf(request, directory),
    ...(request.receivedAt === undefined ? {} : { receivedAt: request.receivedAt }),
    recipient: partyOf(recipient, directory, request.record.acceptedAt),
    ...(delivery && deliveredAt !== undefined
      ? { delivery: { ...statementOf(delivery, directory), deliveredAt } }
      : {}),
    reads: reads.map((read) => statementOf(read, directory)),
    ...(state && { state: shortState(state) }),
    messages: messages.length,
    policies: { ...(agreement && { agreement }), ...(deadlineProfile === undefined ? {} : { deadlineProfile }) },
    directory: { version: directory.version, head: directory.head, statedAt },
    logs: newest.map(logOf),
  };
}

function shortState({ status, version, outcome, overdue }: LegState): NonNullable<PackFacts['state']> {
  return { status, version, overdue, ...(outcome === undefined ? {} : { outcome }) };
}

type Spoken = Pick<VerifiedLeg['request'], 'record' | 'leaf'> & {
  readonly envelope: {
    readonly sha256: string;
    readonly event: {
      readonly time: string;
      readonly data: { readonly header: { readonly sender: Parameters<typeof partyOf>[0] } };
    };
  };
};

function statementOf({ envelope, record, leaf }: Spoken, directory: Directory): FactStatement {
  return {
    by: partyOf(envelope.event.data.header.sender, directory, record.acceptedAt),
    statedAt: envelope.event.time,
    acceptedAt: record.acceptedAt,
    witnessedAt: leaf.witnessed.witnessedAt.toISOString(),
    sha256: envelope.sha256,
  };
}

function partyOf(
  party: { readonly participant: string; readonly desk: string; readonly officer?: string },
  directory: Directory,
  at: string,
): FactParty {
  const name = directory.participantAt(party.participant, new Date(at))?.name ?? party.participant;
  return { ...party, name };
}

function agreementOf({ request }: VerifiedLeg, directory: Directory): PackFacts['policies']['agreement'] {
  const { legalBasis, sender, recipient, kind } = request.envelope.event.data.header;
  if (legalBasis === undefined) return undefined;
  const question = {
    from: sender.participant,
    to: recipient.participant,
    kind,
    at: new Date(request.record.acceptedAt),
  };
  const found = directory.agreementFor({ ...question, agreementId: legalBasis.agreement });
  return found && { id: found.id, title: found.title };
}

function logOf({ checkpoint, witnessedAt, witnesses, policyFrom }: WitnessedCheckpoint): FactLog {
  const { origin, size, root } = checkpoint;
  return { origin, size, root: root.toString('base64'), witnesses, witnessedAt: witnessedAt.toISOString(), policyFrom };
}
