import type { Realm, RequestKind, SignedDirectoryChange } from '#libs/contracts';
import { type KeyResolver, type PublicKeyRecord, thumbprint } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { assertAuthority, type Signatories } from './authority.js';
import { assertConsistent } from './consistency.js';
import { emptyHead, nextHead } from './head.js';
import { type KeyHistory, Ledger } from './ledger.js';
import type {
  AgencyRecord,
  AgreementRecord,
  DeskRecord,
  ParticipantRecord,
  PostingRecord,
  RegisteredKey,
  Route,
  ServiceRecord,
} from './records.js';
import { type RootKeys, rootKeysById } from './root-keys.js';
import { type OpenedChange, openChange, verifiedKeysOf } from './signed-change.js';
import type { Timeline } from './timeline.js';

/** Which agreement is asked for: one that covers `kind` from `from` to `to` at the instant, and the named one where there is a name. */
export interface AgreementQuestion {
  readonly from: string;
  readonly to: string;
  readonly kind: RequestKind;
  readonly at: Date;
  readonly agreementId?: string;
}

/**
 * Everything that the community has agreed on about itself, as of one version: a fold over verified changes. A directory never changes; {@link apply}
 * gives the next one. Queries say for which instant; a suspended participant is not there, and nothing of it is.
 *
 * @example let directory = Directory.empty('production', roots); for (const change of changes) directory = await directory.apply(change)
 */
export class Directory {
  readonly #ledger: Ledger;

  private constructor(
    readonly realm: Realm,
    private readonly roots: RootKeys,
    ledger: Ledger,
    /** Number of changes. */
    readonly version: number,
    /** Hash chain over the changes, see `head.ts`. */
    readonly head: string,
  ) {
    this.#ledger = ledger;
  }

  /** The directory before its first change. */
  static empty(realm: Realm, roots: RootKeys): Directory {
    return new Directory(realm, roots, new Ledger(), 0, emptyHead(realm));
  }

  /**
   * Verifies a change (shape, realm, signatures, authority, consistency) and gives the directory with it.
   *
   * A participant's key counts when it was active at the change's `effectiveFrom` by this directory, and was never reported as compromised: who has
   * stolen a key must not gain by dating a change back.
   *
   * @throws SeraiError ERR_DIRECTORY_MALFORMED, ERR_ENVELOPE_REALM, ERR_TRUST_THRESHOLD, ERR_DIRECTORY_CONFLICT, ERR_TRUST_KEY_INVALID
   */
  async apply(signed: SignedDirectoryChange): Promise<Directory> {
    const { change, payload } = openChange(signed);
    if (change.realm !== this.realm) {
      throw new SeraiError('ERR_ENVELOPE_REALM', `Only changes of the realm ${this.realm} are taken here.`);
    }
    const rootKeys = await rootKeysById(this.roots);
    const keyOf = (kid: string) => rootKeys.get(kid) ?? this.registeredKey(kid)?.jwk;
    const signatories = this.#signatoriesOf(change, await verifiedKeysOf(signed, keyOf), (kid) => rootKeys.has(kid));
    assertAuthority(change, signatories, this.roots.threshold);
    const kid = change.kind === 'key-registered' ? await thumbprint(change.key.jwk) : undefined;
    assertConsistent(change, { directory: this, kid, isRootKey: (id) => rootKeys.has(id) });
    const ledger = this.#ledger.version === this.version ? this.#ledger : this.#ledger.copyUpTo(this.version);
    const head = nextHead(this.head, payload);
    ledger.append({ signed, change, head, kid });
    return new Directory(this.realm, this.roots, ledger, this.version + 1, head);
  }

  /** Every change from the first, as it was signed. */
  changes(): SignedDirectoryChange[] {
    return this.#ledger.entries.slice(0, this.version).map((entry) => entry.signed);
  }

  /** Head as of an earlier version, or undefined for a version that this directory has not reached. */
  headAt(version: number): string | undefined {
    if (version === 0) return emptyHead(this.realm);
    return version <= this.version ? this.#ledger.entries[version - 1]?.head : undefined;
  }

  participantAt(urn: string, at: Date): ParticipantRecord | undefined {
    const participant = this.#ledger.participants.get(urn)?.at(this.version, at);
    return participant?.type === 'SUSPENDED' ? undefined : participant;
  }

  participants(at: Date): ParticipantRecord[] {
    return present(this.#ledger.participants.keys(), (urn) => this.participantAt(urn, at));
  }

  serviceAt(urn: string, at: Date): ServiceRecord | undefined {
    return this.#ledger.services.get(urn)?.at(this.version, at);
  }

  services(at: Date): ServiceRecord[] {
    return present(this.#ledger.services.keys(), (urn) => this.serviceAt(urn, at));
  }

  agencyAt(urn: string, at: Date): AgencyRecord | undefined {
    return this.#ofActive(this.#ledger.agencies.get(urn), at);
  }

  agencies(at: Date): AgencyRecord[] {
    return present(this.#ledger.agencies.keys(), (urn) => this.agencyAt(urn, at));
  }

  deskAt(urn: string, at: Date): DeskRecord | undefined {
    return this.#ofActive(this.#ledger.desks.get(urn), at);
  }

  desks(at: Date): DeskRecord[] {
    return present(this.#ledger.desks.keys(), (urn) => this.deskAt(urn, at));
  }

  postings(at: Date): PostingRecord[] {
    return [...this.#ledger.postings.values()]
      .filter(({ version, record }) => version <= this.version && isWithin(at, record.effectiveFrom, record.until))
      .map(({ record }) => record)
      .filter(({ participant, host }) => this.#isActive(participant, at) && this.#isActive(host, at));
  }

  /**
   * The registered key of this id, when it is active at the instant: within its validity, neither retired nor compromised by then, its owner active.
   *
   * @throws SeraiError ERR_TRUST_UNKNOWN_KEY, ERR_TRUST_KEY_INACTIVE
   */
  keyAt(kid: string, use: 'sig' | 'enc', at: Date): PublicKeyRecord {
    const history = this.#keyHistory(kid);
    if (history?.key.use !== use) {
      throw new SeraiError('ERR_TRUST_UNKNOWN_KEY', 'No registered key has this key id.', { detail: { kid, use } });
    }
    const reason = this.#whyInactive(history, at);
    if (reason === undefined) return history.key;
    throw new SeraiError('ERR_TRUST_KEY_INACTIVE', 'The key was not active at that time.', {
      detail: { kid, owner: history.key.owner, reason, at: at.toISOString() },
    });
  }

  /** Finds signing keys for `verifyEnvelope` in this version of the directory. */
  keyResolver(): KeyResolver {
    return (kid, use, at) => this.keyAt(kid, use, at);
  }

  /** Active keys that content for a participant is encrypted to. */
  encryptionKeysOf(owner: string, at: Date): PublicKeyRecord[] {
    return this.#activeKeysOf(owner, 'enc', at);
  }

  signingKeysOf(owner: string, at: Date): PublicKeyRecord[] {
    return this.#activeKeysOf(owner, 'sig', at);
  }

  /** The first recorded agreement in force that covers the question. */
  agreementFor({ from, to, kind, at, agreementId }: AgreementQuestion): AgreementRecord | undefined {
    const route = this.routesFrom(from, at).find(
      ({ to: asked, kinds, agreement }) =>
        asked === to && kinds.includes(kind) && (agreementId === undefined || agreement.id === agreementId),
    );
    return route?.agreement;
  }

  /** What a participant may ask of whom at an instant: one route per grant of each agreement in force. */
  routesFrom(participant: string, at: Date): Route[] {
    if (!this.#isActive(participant, at)) return [];
    return (this.#ledger.agreementsByParty.get(participant) ?? [])
      .filter(({ version, record }) => version <= this.version && isWithin(at, record.effectiveFrom, record.validUntil))
      .flatMap(({ record }) => record.grants.map(({ from, to, kinds }) => ({ from, to, kinds, agreement: record })))
      .filter(({ from, to }) => from === participant && this.#isActive(to, at))
      .map(({ to, kinds, agreement }) => ({ to, kinds, agreement }));
  }

  hasChange(id: string): boolean {
    return this.#isVisible(this.#ledger.versionByChange.get(id));
  }

  hasPosting(id: string): boolean {
    return this.#isVisible(this.#ledger.postings.get(id)?.version);
  }

  hasAgreement(id: string): boolean {
    return this.#isVisible(this.#ledger.agreements.get(id)?.version);
  }

  /** A key whatever its state, or undefined when it was never registered. */
  registeredKey(kid: string): RegisteredKey | undefined {
    return this.#keyHistory(kid)?.key;
  }

  /** True once anybody with authority has reported the key as compromised, from whichever instant on. */
  isCompromised(kid: string): boolean {
    return this.#keyHistory(kid)?.statuses.some(this.version, (status) => status === 'COMPROMISED') ?? false;
  }

  /** True for a participant (suspended or not) or service that the directory knows at the instant. */
  isKnownParty(urn: string, at: Date): boolean {
    const known = this.#ledger.participants.get(urn) ?? this.#ledger.services.get(urn);
    return known?.at(this.version, at) !== undefined;
  }

  #signatoriesOf(
    { effectiveFrom }: OpenedChange['change'],
    kids: ReadonlySet<string>,
    isRoot: (kid: string) => boolean,
  ): Signatories {
    const from = new Date(effectiveFrom);
    const parties = [...kids]
      .map((kid) => this.#keyHistory(kid))
      .filter((history) => history !== undefined)
      .filter((history) => history.key.use === 'sig' && !this.isCompromised(history.key.kid))
      .filter((history) => this.#whyInactive(history, from) === undefined)
      .map(({ key }) => key.owner);
    return { roots: [...kids].filter(isRoot).length, parties: new Set(parties) };
  }

  #whyInactive({ key, statuses }: KeyHistory, at: Date): string | undefined {
    if (!isWithin(at, key.effectiveFrom, key.validUntil)) return 'outside its validity';
    const status = statuses.at(this.version, at);
    if (status !== undefined) return status;
    return this.#isActive(key.owner, at) ? undefined : 'owner not active';
  }

  #activeKeysOf(owner: string, use: 'sig' | 'enc', at: Date): PublicKeyRecord[] {
    return (this.#ledger.keysByOwner.get(owner) ?? [])
      .filter((history) => this.#isVisible(history.version) && history.key.use === use)
      .filter((history) => this.#whyInactive(history, at) === undefined)
      .map(({ key }) => key);
  }

  #isActive(party: string, at: Date): boolean {
    return this.participantAt(party, at) !== undefined || this.serviceAt(party, at) !== undefined;
  }

  #ofActive<T extends { participant: string }>(timeline: Timeline<T | undefined> | undefined, at: Date): T | undefined {
    const record = timeline?.at(this.version, at);
    return record !== undefined && this.#isActive(record.participant, at) ? record : undefined;
  }

  #keyHistory(kid: string): KeyHistory | undefined {
    const history = this.#ledger.keys.get(kid);
    return this.#isVisible(history?.version) ? history : undefined;
  }

  #isVisible(version: number | undefined): boolean {
    return version !== undefined && version <= this.version;
  }
}

function isWithin(at: Date, from: string, until: string): boolean {
  return new Date(from) <= at && at < new Date(until);
}

function present<T>(urns: Iterable<string>, find: (urn: string) => T | undefined): T[] {
  return [...urns].map(find).filter((found) => found !== undefined);
}
