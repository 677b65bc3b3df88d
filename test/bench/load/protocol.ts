import type { Distribution } from '../statistics/distribution.js';
import type { LoadedWindow } from '../statistics/steady-state.js';
import type { Target } from '../target.js';

/** What the load generator needs to know of the constellation. */
export type LoadSettings = Pick<Target, 'issuer' | 'password' | 'accessPoints'>;

/** When exchanges begin. */
export type Pacing =
  /** At a constant rate, whether or not earlier ones have finished. */
  | { readonly kind: 'rate'; readonly perSecond: number; readonly seconds: number }
  /** As many at once; a finished one makes room for the next. */
  | {
      readonly kind: 'in-flight';
      readonly limit: number;
      readonly exchanges: number;
      readonly mostSeconds: number;
    };

/** What the load generator is told to do, one after the other; first of all, whom to load. */
export type Order =
  | { readonly kind: 'connect'; readonly settings: LoadSettings }
  | { readonly kind: 'load'; readonly pacing: Pacing }
  /** Compare everything that was ever submitted with what the two sides hold, and fetch so many evidence packs. */
  | { readonly kind: 'audit'; readonly packs: number };

/**
 * Points of an exchange: the officer's HTTP call was answered; the gateway's receipt is stored at the sender; the sender knows that the rules accepted;
 * the leg is in the recipient's inbox; the signed delivery statement is accepted at the sender.
 */
export const STAGES = ['answered', 'received', 'accepted', 'inbox', 'delivered'] as const;
export type Stage = (typeof STAGES)[number];

/**
 * Milliseconds from the moment at which one exchange was to begin until: the sender's access point had signed the request; the officer's HTTP call was
 * answered; the gateway had signed its receipt; the requests service its decision; the recipient's access point the statement of delivery; the leg was in the
 * inbox; the gateway had taken the statement; the requests service had decided on it; the sender saw it.
 */
export type Trace = Readonly<
  Partial<
    Record<
      | 'signed'
      | 'answered'
      | 'taken'
      | 'decided'
      | 'stated'
      | 'inbox'
      | 'statementTaken'
      | 'statementDecided'
      | 'delivered',
      number
    >
  >
>;

export interface Traces {
  readonly median: Trace;
  readonly p99: Trace;
}

/** What became of a load. Times are milliseconds from the moment at which the exchange was to begin. */
export interface LoadReport extends LoadedWindow {
  readonly exchanges: number;
  readonly finished: number;
  /** Count by error code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Exchanges finished per second in the last third of the time. */
  readonly finishedPerSecond: number;
  readonly stages: Readonly<Partial<Record<Stage, Distribution>>>;
  /** Of the exchanges that were the median and the 99th percentile on the way to the inbox; none where nothing finished or the load kept no rate. */
  readonly traces?: Traces;
}

/** Everything that was ever submitted, and what the two sides hold of it. */
export interface AuditReport {
  /** Legs that access point A answered for. */
  readonly submitted: number;
  /** Of these, legs that access point B lists. */
  readonly delivered: number;
  /** Of these, legs whose signed delivery statement A holds as accepted. */
  readonly statements: number;
  /** Legs that B lists twice or that nobody submitted. */
  readonly surplus: number;
  /** Sizes of the signed envelopes of one exchange, in bytes. */
  readonly envelopeBytes: { readonly submission: number; readonly statement: number };
  /** Milliseconds until an officer of A holds what proves a leg to a stranger. */
  readonly packs: Distribution;
}

export type Answer =
  | { readonly kind: 'connected' }
  /** The first arrival is about to happen. */
  | { readonly kind: 'loading' }
  | { readonly kind: 'loaded'; readonly report: LoadReport }
  | { readonly kind: 'audited'; readonly report: AuditReport }
  | { readonly kind: 'failed'; readonly message: string };
