import type { DirectoryChange } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { type ChangeKind, type ChangeOf, partiesOf } from './records.js';

/** Whose signatures a change needs. */
interface Requirement {
  /** The threshold of root keys is enough. */
  readonly root: boolean;
  /** An active signing key of each of these participants is enough; an empty list never is. */
  readonly parties: readonly string[];
}

const ROOT: Requirement = { root: true, parties: [] };
const rootOr = (participant: string): Requirement => ({ root: true, parties: [participant] });
const each = (parties: readonly string[]): Requirement => ({ root: false, parties });

/** Who must sign a change of each kind. */
const AUTHORITY: { readonly [K in ChangeKind]: (change: ChangeOf<K>) => Requirement } = {
  'participant-admitted': () => ROOT,
  'service-registered': () => ROOT,
  'key-registered': () => ROOT,
  'key-status-changed': () => ROOT,
  'agency-registered': ({ agency }) => rootOr(agency.participant),
  // The hub shows the Secretariat what it shows nobody else: nobody makes itself one.
  'desk-opened': ({ desk }) => (desk.kind === 'SECRETARIAT' ? ROOT : rootOr(desk.participant)),
  'desk-closed': ({ participant }) => rootOr(participant),
  'posting-made': ({ posting }) => rootOr(posting.participant),
  'log-policy-set': () => ROOT,
  'agreement-recorded': ({ agreement }) => each(partiesOf(agreement)),
};

/** Whose signatures a change has. */
export interface Signatories {
  /** How many distinct root keys signed. */
  readonly roots: number;
  /** Participants of whom an active signing key signed. */
  readonly parties: ReadonlySet<string>;
}

/**
 * Asserts that whoever signed a change may make it.
 *
 * @throws SeraiError ERR_TRUST_THRESHOLD
 */
export function assertAuthority(change: DirectoryChange, signed: Signatories, threshold: number): void {
  const requirementOf = AUTHORITY[change.kind] as (change: DirectoryChange) => Requirement;
  const { root, parties } = requirementOf(change);
  if (root && signed.roots >= threshold) return;
  if (parties.length > 0 && parties.every((party) => signed.parties.has(party))) return;
  const ways = [root ? `${threshold} root keys` : '', parties.join(' and ')].filter((way) => way !== '');
  throw new SeraiError(
    'ERR_TRUST_THRESHOLD',
    `A change of kind ${change.kind} must be signed by ${ways.join(', or by ')}.`,
    { detail: { id: change.id, roots: signed.roots, parties: [...signed.parties] } },
  );
}
