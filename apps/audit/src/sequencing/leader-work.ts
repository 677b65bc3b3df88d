import type { HeadState } from './log-head.js';

/** What is known of the time in which this process leads. */
export interface Leadership {
  /** Aborted when it ends, for whatever reason. */
  readonly signal: AbortSignal;
  /** Where the log ends now; what it says is committed. */
  readonly head: () => HeadState;
  /** The log takes nothing more: what there is of it is signed and published. */
  readonly isEnded: boolean;
}

/** Work that only the process does that sequences. */
export interface LeaderWork {
  /** Works until the signal aborts. When it rejects, the leadership ends, and begins again with everything read anew. */
  lead(leadership: Leadership): Promise<void>;
}

/** Injection token of all {@link LeaderWork}, as an array. */
export const LEADER_WORK = Symbol('serai.leader-work');
