import { SeraiError } from '#libs/errors';
import { type Policy, type PolicyWitness, SIGNATURE_TYPE, type VerifierKey } from '#libs/transparency-log';
import type { Directory } from '#libs/trust';
import type { WitnessAddresses } from '../witness/witness-addresses.js';

/** The log policy as this log keeps it: its own keys, and where the witnesses are. */
export interface HeldPolicy {
  readonly policy: Policy;
  /** Keys that may sign for this log: those that bear its name. */
  readonly logs: readonly VerifierKey[];
  /** Those, and the ones that earlier policies named: what is stored may be as old as they are. */
  readonly everLogs: readonly VerifierKey[];
  readonly witnesses: readonly ReachableWitness[];
}

/** A witness of the policy and its submission prefix, where one is known. */
export interface ReachableWitness extends PolicyWitness {
  readonly url: string | undefined;
}

/**
 * The policy that holds at an instant; undefined while the directory has none.
 *
 * @param addresses stand in for the addresses of the policy
 * @throws SeraiError ERR_CONFIG_INVALID when it is of other logs
 */
export function policyAt(
  directory: Pick<Directory, 'logPolicyAt' | 'logPolicies'>,
  at: Date,
  origin: string,
  addresses: WitnessAddresses,
): HeldPolicy | undefined {
  const policy = directory.logPolicyAt(at)?.policy;
  if (policy === undefined) return undefined;
  const logs = logsOf(policy, origin);
  if (logs.length === 0) throw ofOtherLogs(policy, origin);
  const witnesses = policy.witnesses.map((witness) => ({
    ...witness,
    url: addresses.get(witness.name) ?? witness.url?.replace(/\/+$/, ''),
  }));
  const everLogs = directory.logPolicies().flatMap((record) => logsOf(record.policy, origin));
  return { policy, logs, everLogs, witnesses };
}

function logsOf({ logs }: Policy, origin: string): VerifierKey[] {
  return logs.map(({ key }) => key).filter(({ name, type }) => name === origin && type === SIGNATURE_TYPE.ED25519);
}

function ofOtherLogs({ logs }: Policy, origin: string): SeraiError {
  const names = logs.map(({ key }) => key.name).join(', ');
  return new SeraiError(
    'ERR_CONFIG_INVALID',
    `SERAI_AUDIT_ORIGIN is ${origin}, and the log policy of the directory names ${names}. Set it to the log that this service keeps, or have the chairs set a policy that names it.`,
  );
}
