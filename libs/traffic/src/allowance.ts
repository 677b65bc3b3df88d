/** How much one caller may do. */
export interface Allowance {
  /** Sustained rate, in calls or envelopes per second. */
  readonly perSecond: number;
  /** How much may come at once after a rest. */
  readonly burst: number;
  /** How much from midnight to midnight UTC. */
  readonly perDay: number;
}

/** A row of policy: an allowance from an instant on, for one caller or for everybody without a row of their own. */
export interface TrafficPolicy extends Allowance {
  /** `*` is everybody. */
  readonly caller: string;
  readonly effectiveFrom: Date;
}

/**
 * What holds for a caller at an instant: of the rows for this caller, else of those for everybody, the one that began last.
 *
 * @returns undefined when no row holds yet
 */
export function allowanceFor(policies: readonly TrafficPolicy[], caller: string, at: Date): TrafficPolicy | undefined {
  const begun = policies.filter(({ effectiveFrom }) => effectiveFrom <= at);
  return (
    latest(begun.filter((policy) => policy.caller === caller)) ??
    latest(begun.filter((policy) => policy.caller === '*'))
  );
}

function latest(policies: readonly TrafficPolicy[]): TrafficPolicy | undefined {
  return policies.reduce<TrafficPolicy | undefined>(
    (best, policy) => (best === undefined || policy.effectiveFrom >= best.effectiveFrom ? policy : best),
    undefined,
  );
}
