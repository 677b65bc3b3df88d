import { freshRowsBySource } from '#libs/messaging';

/** An envelope that the gateway has not answered yet. */
export interface UnansweredEnvelope {
  readonly producer_sequence: string;
  readonly envelope_id: string;
  readonly leg_id: string;
  readonly type: string;
  readonly sha256: string;
  readonly jws: string;
}

/** What transactions of this process have just signed and stored, for its outgoing loop. */
export const freshEnvelopesOf = freshRowsBySource<UnansweredEnvelope>((envelope) => BigInt(envelope.producer_sequence));
