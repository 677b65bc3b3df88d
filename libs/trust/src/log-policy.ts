import { isSeraiError } from '#libs/errors';
import { type Policy, parsePolicy, serialiseVerifierKey, type VerifierKey } from '#libs/transparency-log';

const ALL_WITNESSES = 'all-witnesses';

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
  const least = leastQuorum(count);
  return quorumOf(policy) >= least
    ? undefined
    : `must ask for one group of all ${count} witnesses, and ${least} of them`;
}

/** What a policy names: the key of the log under its origin, and the keys of witnesses by the names that the policy gives them. */
export interface LogPolicyKeys {
  readonly log: VerifierKey;
  readonly witnesses: ReadonlyMap<string, VerifierKey>;
}

/**
 * The text of a policy that asks for as few of all its witnesses as {@link weaknessOfLogPolicy} allows.
 *
 * @example logPolicyText({ log, witnesses: new Map([['rs', rs], ['bg', bg]]) })
 */
export function logPolicyText({ log, witnesses }: LogPolicyKeys): string {
  const named = [...witnesses].map(([name, key]) => `witness ${name} ${serialiseVerifierKey(key)}`);
  const group = ['group', ALL_WITNESSES, leastQuorum(witnesses.size), ...witnesses.keys()].join(' ');
  return `${[`log ${serialiseVerifierKey(log)}`, ...named, group, `quorum ${ALL_WITNESSES}`].join('\n')}\n`;
}

function leastQuorum(witnesses: number): number {
  return 1 + Math.floor((2 * witnesses) / 3);
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
