import type { DirectoryChange } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import type { DirectoryView } from './directory-view.js';
import { assertUsableKey } from './key-strength.js';
import { weaknessOfLogPolicy } from './log-policy.js';
import { type ChangeKind, type ChangeOf, partiesOf } from './records.js';

/** What a change is checked against: the directory before it, and the thumbprint of the key that it brings. */
interface Circumstances {
  readonly directory: DirectoryView;
  /** The instant from which the change holds. */
  readonly from: Date;
  readonly kid?: string;
  readonly isRootKey: (kid: string) => boolean;
}

type Check<K extends ChangeKind> = (change: ChangeOf<K>, circumstances: Circumstances) => void;

/** What must hold for a change of each kind beyond its signatures. */
const CHECKS: { readonly [K in ChangeKind]: Check<K> } = {
  'participant-admitted': () => undefined,
  'service-registered': () => undefined,
  'key-registered': ({ key }, { directory, from, kid, isRootKey }) => {
    demand(directory.isKnownParty(key.owner, from), `${key.owner} is not in the directory`);
    demand(directory.registeredKey(kid!) === undefined, `the key ${kid} is registered already`);
    demand(!isRootKey(kid!), 'a root key cannot belong to a participant');
    demand(new Date(key.validUntil) > from, 'the key must be valid for some time');
    assertUsableKey(key.jwk, key.use);
  },
  'key-status-changed': (change, { directory }) => {
    demand(directory.registeredKey(change.kid) !== undefined, `the key ${change.kid} is not registered`);
    const isPointless = change.status === 'RETIRED' && directory.isCompromised(change.kid);
    demand(!isPointless, `the key ${change.kid} is compromised already`);
  },
  'agency-registered': ({ agency }, { directory, from }) => {
    demandActive(agency.participant, directory, from);
    demandNamespace(agency.id, agency.participant);
  },
  'desk-opened': ({ desk }, { directory, from }) => {
    demandActive(desk.participant, directory, from);
    demandNamespace(desk.id, desk.participant);
    demandAgency(desk.agency, desk.participant, directory, from);
  },
  'desk-closed': (change, { directory, from }) => {
    const desk = directory.deskAt(change.desk, from);
    demand(desk?.participant === change.participant, `${change.participant} has no open desk ${change.desk}`);
  },
  'posting-made': ({ posting }, { directory, from }) => {
    demand(!directory.hasPosting(posting.id), `the posting ${posting.id} is in the directory already`);
    demandAgency(posting.agency, posting.participant, directory, from);
    demandActive(posting.host, directory, from);
    demand(posting.host !== posting.participant, 'officers are posted to another participant');
    demand(new Date(posting.until) > from, 'the posting must last for some time');
  },
  'log-policy-set': ({ policy }) => {
    const weakness = weaknessOfLogPolicy(policy);
    demand(weakness === undefined, `the log policy ${weakness}`);
  },
  'agreement-recorded': ({ agreement }, { directory, from }) => {
    demand(!directory.hasAgreement(agreement.id), `the agreement ${agreement.id} is in the directory already`);
    for (const party of partiesOf(agreement)) demandActive(party, directory, from);
    demand(
      agreement.grants.every((grant) => grant.from !== grant.to),
      'a grant needs two participants',
    );
    demand(new Date(agreement.validUntil) > from, 'the agreement must be in force for some time');
  },
};

/**
 * Asserts that a change does not contradict the directory before it.
 *
 * @throws SeraiError ERR_DIRECTORY_CONFLICT, ERR_TRUST_KEY_INVALID
 */
export function assertConsistent(change: DirectoryChange, circumstances: Omit<Circumstances, 'from'>): void {
  demand(!circumstances.directory.hasChange(change.id), `the change ${change.id} is in the directory already`);
  const check = CHECKS[change.kind] as (change: DirectoryChange, circumstances: Circumstances) => void;
  check(change, { ...circumstances, from: new Date(change.effectiveFrom) });
}

function demandActive(participant: string, directory: DirectoryView, from: Date): void {
  demand(directory.participantAt(participant, from) !== undefined, `${participant} is not an active participant`);
}

function demandAgency(agency: string, participant: string, directory: DirectoryView, from: Date): void {
  const registered = directory.agencyAt(agency, from);
  demand(registered?.participant === participant, `${participant} has no agency ${agency}`);
}

/** `urn:serai:desk:<id>:<name>` belongs to `urn:serai:participant:<id>`, or one participant could take the names of another. */
function demandNamespace(urn: string, participant: string): void {
  demand(urn.split(':')[3] === participant.split(':')[3], `${urn} is not a name of ${participant}`);
}

function demand(holds: boolean, reason: string): void {
  if (!holds) throw new SeraiError('ERR_DIRECTORY_CONFLICT', `The change contradicts the directory: ${reason}.`);
}
