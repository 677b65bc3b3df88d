import type { FeedEntry, LegHeader, LegState } from '#libs/contracts';
import type { VerifiedEnvelope } from '#libs/envelope';
import type { ErrorCode, Problem } from '#libs/errors';
import type { AcceptedChange } from '../directory/directory.repository.js';
import type { GivenUpContact, LadderStep } from '../nudge/nudge.repository.js';
import type { FeedBreak } from './feed-break.js';

/** Content of a message of another participant, as far as it can be read here. */
export type ReceivedContent =
  | { readonly state: 'NONE' }
  | { readonly state: 'STORED'; readonly plaintext: unknown }
  | { readonly state: 'UNREADABLE'; readonly code: ErrorCode };

/** What one verified entry of the feed says. */
export type VerifiedFact =
  /** The hub accepted a message that another participant addressed to this one. */
  | {
      readonly kind: 'received';
      readonly eventId: string;
      readonly eventJws: string;
      readonly acceptedAt: string;
      readonly leg: LegState;
      readonly message: VerifiedEnvelope<LegHeader>;
      readonly content: ReceivedContent;
    }
  /** The hub accepted or refused an envelope of this participant. */
  | {
      readonly kind: 'decided';
      readonly eventId: string;
      readonly eventJws: string;
      readonly envelope: { readonly id: string; readonly sha256: string };
      readonly decidedAt: string;
      readonly leg?: LegState;
      readonly problem?: Problem;
    }
  /** The hub says what a leg is now, without a message: a deadline passed, or the leg lapsed. */
  | { readonly kind: 'leg-state'; readonly eventId: string; readonly eventJws: string; readonly leg: LegState }
  /** The hub nudges a contact of a desk no more. */
  | { readonly kind: 'contact-disabled'; readonly eventId: string; readonly contact: GivenUpContact }
  | {
      readonly kind: 'directory-change';
      readonly eventId: string;
      readonly eventJws: string;
      readonly change: AcceptedChange;
      readonly acceptedAt: string;
    }
  /** Nobody has opened an urgent leg, and the hub took a step. */
  | { readonly kind: 'escalated'; readonly eventId: string; readonly step: LadderStep }
  /** Verified, and of no effect here. */
  | { readonly kind: 'noted'; readonly eventId: string };

/** An entry that could not be verified, or that contradicts what is known. */
export interface QuarantinedFact {
  readonly kind: 'quarantined';
  readonly code: ErrorCode;
  /** The entry is none of the hub's: reading ends before it. */
  readonly broken?: FeedBreak;
}

/** An entry of the feed and what it says. */
export interface FeedFact {
  readonly entry: FeedEntry;
  /** What the event is about: the leg, or the directory; unknown of an entry that does not verify. */
  readonly subject?: string;
  readonly fact: VerifiedFact | QuarantinedFact;
}
