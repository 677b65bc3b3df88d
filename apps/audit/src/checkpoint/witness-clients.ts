import { serialiseVerifierKey } from '#libs/transparency-log';
import type { HeldPolicy, ReachableWitness } from './held-policy.js';
import { WitnessClient } from './witness-client.js';

/** One client per witness, which keeps what it knows of it from one checkpoint to the next. */
export class WitnessClients {
  private clients = new Map<string, WitnessClient>();

  /** Those of a policy, in its order; those that it does not name are forgotten. */
  of({ witnesses }: HeldPolicy): WitnessClient[] {
    this.clients = new Map(
      witnesses.map((witness) => [idOf(witness), this.clients.get(idOf(witness)) ?? new WitnessClient(witness)]),
    );
    return [...this.clients.values()];
  }
}

function idOf({ name, key, url }: ReachableWitness): string {
  return `${name} ${serialiseVerifierKey(key)} ${url}`;
}
