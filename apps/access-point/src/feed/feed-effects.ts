import { type HeaderOf, type LegState, requestSubmitted } from '#libs/contracts';
import { isMessage, type VerifiedEnvelope } from '#libs/envelope';
import type { ErrorCode } from '#libs/errors';
import { openChange } from '#libs/trust';
import type { AcceptedChange } from '../directory/directory.repository.js';
import type { NewLeg } from '../leg/leg.repository.js';
import type { ReceivedMessage } from '../leg/message.repository.js';
import type { GivenUpContact, LadderStep } from '../nudge/nudge.repository.js';
import type { Decision } from '../outgoing/outgoing.repository.js';
import type { AcceptedProposal } from '../proposal/proposal.repository.js';
import type { FeedFact, VerifiedFact } from './feed-fact.js';

/** What is known before a batch: legs with their other side, and ids of envelopes and events that have had their effect. */
export interface KnownHere {
  readonly peerOfLeg: ReadonlyMap<string, string>;
  readonly messages: ReadonlySet<string>;
  readonly events: ReadonlySet<string>;
  /** Own envelopes, each with the SHA-256 of its bytes. */
  readonly ownEnvelopes: ReadonlyMap<string, string>;
}

/** An entry that is kept as it came instead of taking effect. */
export interface Quarantined {
  readonly sequence: number;
  readonly code: ErrorCode;
  readonly event: string;
  readonly cause?: string;
}

/** A request whose delivery is to be stated. */
export interface Delivery {
  readonly leg: NewLeg;
  /** SHA-256 of the submission as its sender signed it. */
  readonly submission: string;
}

/** What the hub said of a leg by itself: part of what proves the leg. */
export interface LegEvent {
  readonly eventId: string;
  readonly legId: string;
  readonly jws: string;
}

/** Everything that a batch of entries changes here. */
export interface FeedEffects {
  readonly events: string[];
  readonly legs: NewLeg[];
  readonly messages: ReceivedMessage[];
  readonly contents: { recordId: string; content: unknown }[];
  readonly states: Map<string, LegState>;
  readonly legEvents: LegEvent[];
  readonly decisions: Decision[];
  readonly deliveries: Delivery[];
  readonly directoryChanges: AcceptedChange[];
  readonly givenUp: GivenUpContact[];
  readonly steps: LadderStep[];
  readonly acceptedChanges: AcceptedProposal[];
  readonly quarantined: Quarantined[];
}

type Received = Extract<VerifiedFact, { kind: 'received' }>;
type Decided = Extract<VerifiedFact, { kind: 'decided' }>;

/** Plans the effects of a batch, entry by entry, in the order of the feed. What contradicts the known is quarantined and changes nothing. */
export function planEffects(facts: readonly FeedFact[], known: KnownHere): FeedEffects {
  const plan = new Plan(known);
  for (const { entry, fact } of facts) {
    const code = fact.kind === 'quarantined' ? fact.code : plan.take(fact);
    const { sequence, event, cause } = entry;
    if (code !== undefined) plan.effects.quarantined.push({ sequence, event, cause, code });
  }
  return plan.effects;
}

class Plan {
  readonly effects: FeedEffects = {
    events: [],
    legs: [],
    messages: [],
    contents: [],
    states: new Map(),
    legEvents: [],
    decisions: [],
    deliveries: [],
    directoryChanges: [],
    givenUp: [],
    steps: [],
    acceptedChanges: [],
    quarantined: [],
  };
  private readonly peers: Map<string, string>;
  private readonly messages: Set<string>;
  private readonly events: Set<string>;

  constructor(private readonly known: KnownHere) {
    this.peers = new Map(known.peerOfLeg);
    this.messages = new Set(known.messages);
    this.events = new Set(known.events);
  }

  /** Adds the effects of one fact, or says why it can have none. An event that has had its effect has no other. */
  take(fact: VerifiedFact): ErrorCode | undefined {
    if (this.events.has(fact.eventId)) return undefined;
    this.events.add(fact.eventId);
    this.effects.events.push(fact.eventId);
    switch (fact.kind) {
      case 'received':
        return this.takeReceived(fact);
      case 'decided':
        return this.takeDecided(fact);
      case 'leg-state':
        return this.takeLegEvent(fact);
      case 'directory-change':
        this.effects.directoryChanges.push(fact.change);
        this.effects.acceptedChanges.push({
          changeId: openChange(fact.change.change).change.id,
          eventJws: fact.eventJws,
          acceptedAt: fact.acceptedAt,
        });
        return undefined;
      case 'contact-disabled':
        this.effects.givenUp.push(fact.contact);
        return undefined;
      case 'escalated':
        if (!this.peers.has(fact.step.legId)) return 'ERR_LEG_UNKNOWN';
        this.effects.steps.push(fact.step);
        return undefined;
      case 'noted':
        return undefined;
    }
  }

  private takeReceived(fact: Received): ErrorCode | undefined {
    const { message, leg, content } = fact;
    if (this.messages.has(message.event.id)) return 'ERR_ENVELOPE_CONFLICT';
    const code = isMessage(message, requestSubmitted) ? this.takeRequest(fact, message) : this.checkMove(fact);
    if (code !== undefined) return code;
    this.messages.add(message.event.id);
    this.effects.messages.push(toMessage(fact));
    this.effects.states.set(leg.legId, leg);
    if (content.state === 'STORED') {
      this.effects.contents.push({ recordId: message.event.id, content: content.plaintext });
    }
    // The move itself stands, whether or not its content can be read; that it can't is for the operator to see.
    return content.state === 'UNREADABLE' ? content.code : undefined;
  }

  /** A request that can't be read is not delivered: its clock must not run. */
  private takeRequest(
    { content }: Received,
    message: VerifiedEnvelope<HeaderOf<typeof requestSubmitted>>,
  ): ErrorCode | undefined {
    if (content.state !== 'STORED') return content.state === 'UNREADABLE' ? content.code : 'ERR_ENVELOPE_SCHEMA';
    const { event, sha256 } = message;
    const { legId, requestId, sender, recipient, kind, priority, items } = event.data.header;
    if (this.peers.has(legId)) return 'ERR_LEG_DUPLICATE';
    this.peers.set(legId, event.source);
    const leg: NewLeg = {
      legId,
      requestId,
      direction: 'incoming',
      ownDesk: recipient.desk,
      kind,
      priority,
      requester: { participant: sender.participant, desk: sender.desk },
      addressee: recipient,
      items,
      submissionId: event.id,
    };
    this.effects.legs.push(leg);
    this.effects.deliveries.push({ leg, submission: sha256 });
    return undefined;
  }

  private checkMove({ message }: Received): ErrorCode | undefined {
    const peer = this.peers.get(message.event.subject);
    if (peer === undefined) return 'ERR_LEG_UNKNOWN';
    return peer === message.event.source ? undefined : 'ERR_LEG_NOT_A_PARTY';
  }

  private takeDecided(fact: Decided): ErrorCode | undefined {
    const { envelope, eventJws, decidedAt, problem, leg } = fact;
    // Signed with our key, but not here: somebody else has the key, or this database is older than what was sent.
    if (this.known.ownEnvelopes.get(envelope.id) !== envelope.sha256) return 'ERR_ENVELOPE_CONFLICT';
    const state = problem === undefined ? 'ACCEPTED' : 'REFUSED';
    this.effects.decisions.push({ envelopeId: envelope.id, state, eventJws, decidedAt, problem });
    return leg === undefined ? undefined : this.takeState(leg);
  }

  private takeLegEvent({
    eventId,
    eventJws,
    leg,
  }: Extract<VerifiedFact, { kind: 'leg-state' }>): ErrorCode | undefined {
    const code = this.takeState(leg);
    if (code === undefined) this.effects.legEvents.push({ eventId, legId: leg.legId, jws: eventJws });
    return code;
  }

  private takeState(leg: LegState): ErrorCode | undefined {
    if (!this.peers.has(leg.legId)) return 'ERR_LEG_UNKNOWN';
    this.effects.states.set(leg.legId, leg);
    return undefined;
  }
}

function toMessage({ message, content, eventJws, acceptedAt }: Received): ReceivedMessage {
  const { event, sha256, jws } = message;
  return {
    envelopeId: event.id,
    legId: event.subject,
    type: event.type,
    time: event.time,
    header: { ...event.data.header },
    content: content.state,
    source: event.source,
    sha256,
    jws,
    eventJws,
    decidedAt: acceptedAt,
  };
}
