import { SeraiError } from '#libs/errors';
import { parseCheckpoint } from '../checkpoint/checkpoint.js';
import { type VerifiedCheckpoint, verifyCheckpoint } from '../checkpoint/verify-checkpoint.js';
import type { Note } from '../note/note.js';
import { isSameKey } from '../note/verifier-key.js';
import type { Policy } from './policy.js';

/**
 * Whether these cosigners are enough for a policy.
 *
 * @param cosigners names that the policy gives to witnesses; others count nothing
 * @example quorumMet(policy, ['rs', 'bg'])
 */
export function quorumMet(policy: Policy, cosigners: Iterable<string>): boolean {
  if (policy.quorum === undefined) return true;
  const known = new Set(policy.witnesses.map(({ name }) => name));
  const witnessed = new Set([...cosigners].filter((name) => known.has(name)));
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter((member) => witnessed.has(member)).length >= threshold) witnessed.add(name);
  }
  return witnessed.has(policy.quorum);
}

/** Names that the policy gives to the witnesses of a verified checkpoint. */
export function cosignersOf(policy: Policy, { cosignatures }: VerifiedCheckpoint): string[] {
  const cosigned = policy.witnesses.filter(({ key: own }) => cosignatures.some(({ key }) => isSameKey(key, own)));
  return cosigned.map(({ name }) => name);
}

/**
 * Verifies a checkpoint under a policy: signed by one of its logs, cosigned by enough of its witnesses. Times of cosignatures are not judged.
 *
 * @see https://c2sp.org/tlog-policy
 * @throws SeraiError ERR_LOG_MALFORMED, ERR_LOG_SIGNATURE as `verifyCheckpoint`
 * @throws SeraiError ERR_LOG_QUORUM when too few witnesses cosigned it
 * @example const { checkpoint } = verifyByPolicy(parseNote(bytes), parsePolicy(file))
 */
export function verifyByPolicy(note: Note, policy: Policy): VerifiedCheckpoint {
  const { origin } = parseCheckpoint(note.text);
  const keysOf = (signers: Policy['logs']) => signers.map(({ key }) => key);
  const logs = keysOf(policy.logs).filter(({ name }) => name === origin);
  const verified = verifyCheckpoint(note, { origin, logs, witnesses: keysOf(policy.witnesses) });
  const cosigners = cosignersOf(policy, verified);
  if (quorumMet(policy, cosigners)) return verified;
  throw new SeraiError(
    'ERR_LOG_QUORUM',
    'Too few of the witnesses that the policy names have cosigned the checkpoint.',
    {
      detail: { cosigners, quorum: policy.quorum },
    },
  );
}
