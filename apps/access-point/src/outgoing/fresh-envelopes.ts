import type { DataSource } from 'typeorm';
import { FreshRows } from '#libs/messaging';

/** An envelope that the gateway has not answered yet. */
export interface UnansweredEnvelope {
  readonly producer_sequence: string;
  readonly envelope_id: string;
  readonly leg_id: string;
  readonly type: string;
  readonly sha256: string;
  readonly jws: string;
}

const ofSource = new WeakMap<DataSource, FreshRows<UnansweredEnvelope>>();

/** What transactions of this process have just signed and stored, for its outgoing loop. */
export function freshEnvelopesOf(dataSource: DataSource): FreshRows<UnansweredEnvelope> {
  const fresh =
    ofSource.get(dataSource) ?? new FreshRows<UnansweredEnvelope>((envelope) => BigInt(envelope.producer_sequence));
  ofSource.set(dataSource, fresh);
  return fresh;
}
