import type { DataSource } from 'typeorm';
import { FreshRows } from '#libs/messaging';
import type { UnansweredEnvelope } from './outgoing.repository.js';

const ofSource = new WeakMap<DataSource, FreshRows<UnansweredEnvelope>>();

/** What transactions of this process have just signed and stored, for its outgoing loop. */
export function freshEnvelopesOf(dataSource: DataSource): FreshRows<UnansweredEnvelope> {
  const fresh =
    ofSource.get(dataSource) ?? new FreshRows<UnansweredEnvelope>((envelope) => BigInt(envelope.producer_sequence));
  ofSource.set(dataSource, fresh);
  return fresh;
}
