/** An envelope that a side signed, and how its access point knows it. */
export interface SignedRow {
  readonly envelopeId: string;
  readonly legId: string;
  readonly state: 'QUEUED' | 'RECEIVED' | 'ACCEPTED' | 'REFUSED';
  readonly jws: string;
}

/** One entry of a participant's feed, as the hub hands it out. */
export interface EntryRow {
  readonly sequence: number;
  readonly hash: string;
  readonly event: string;
  readonly cause?: string | undefined;
}

/** Everything that one side has signed and holds. */
export interface SideEvidence {
  readonly participant: string;
  readonly signed: readonly SignedRow[];
  readonly received: readonly { readonly envelopeId: string; readonly jws: string }[];
  /** Ids of messages that came from the other side, in the order in which this side shows them. */
  readonly shown: readonly { readonly envelopeId: string; readonly legId: string }[];
  readonly feed: readonly EntryRow[];
  /** How far the access point says that it has followed. */
  readonly cursor: { readonly sequence: number; readonly head: string };
  readonly quarantined: number;
}

/** What the officers were told, and what both sides have. */
export interface Evidence {
  /** Requests that were begun. */
  readonly begun: number;
  readonly promised: Readonly<Record<'rs' | 'iq', readonly { readonly legId: string; readonly envelopeId: string }[]>>;
  readonly rs: SideEvidence;
  readonly iq: SideEvidence;
}
