import { isSeraiError } from '#libs/errors';
import { type Policy, parsePolicy } from '#libs/transparency-log';

/**
 * Why a text is no log policy that a community may set, or undefined for a good one. More than two thirds of all its witnesses must have seen a checkpoint:
 * with fewer, the hub could show one history to some witnesses and another one to others, and have both cosigned by enough.
 *
 * @example weaknessOfLogPolicy(`log ${hub}\nwitness rs ${rs}\ngroup all 1 rs\nquorum all\n`) // undefined
 */
export function weaknessOfLogPolicy(text: string): string | undefined {
  const policy = parsed(text);
  if (typeof policy === 'string') return `cannot be read (${policy})`;
  if (policy.logs.length === 0) return 'names no log';
  const count = policy.witnesses.length;
  if (count === 0) return 'names no witness';
  const least = 1 + Math.floor((2 * count) / 3);
  return quorumOf(policy) >= least
    ? undefined
    : `must ask for one group of all ${count} witnesses, and ${least} of them`;
}

/** How many of all witnesses the quorum asks for; 0 where it is no group of all of them. */
function quorumOf({ witnesses, groups, quorum }: Policy): number {
  if (witnesses.length === 1 && witnesses[0]!.name === quorum) return 1;
  const group = groups.find(({ name }) => name === quorum);
  const hasAll = witnesses.every(({ name }) => group?.members.includes(name));
  return group !== undefined && hasAll && group.members.length === witnesses.length ? group.threshold : 0;
}

function parsed(text: string): Policy | string {
  try {
    return parsePolicy(Buffer.from(text));
  } catch (error) {
    if (isSeraiError(error, 'ERR_LOG_MALFORMED', 'ERR_LOG_KEY')) return String(error.detail['step']);
    throw error;
  }
}
