import type { Realm, RequestKind } from '#libs/contracts';
import type { KeyResolver, PublicKeyRecord } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import type { KeyHistory, Ledger } from './ledger.js';
import type {
  AgencyRecord,
  AgreementRecord,
  DeskRecord,
  KeyStanding,
  LogPolicyRecord,
  ParticipantRecord,
  PostingRecord,
  RegisteredKey,
  Route,
  ServiceRecord,
} from './records.js';
import type { Timeline } from './timeline.js';

/** Which agreement is asked for: one that covers `kind` from `from` to `to` at the instant, and the named one where there is a name. */
export interface AgreementQuestion {
  readonly from: string;
  readonly to: string;
  readonly kind: RequestKind;
  readonly at: Date;
  readonly agreementId?: string;
}

/** What a key may have against it and be found all the same. */
export interface Tolerated {
  /** Reported as compromised from before the instant: what it signed is to be marked, not to vanish. */
  readonly compromised?: boolean;
  /** Its owner is suspended: it is to be told so. */
  readonly suspended?: boolean;
}

/**
 * What a directory says as of one version. Every query names an instant; a participant that is suspended then is not there, and nothing of it is: no key,
 * desk, agency or route.
 */
export class DirectoryView {
  constructor(
    readonly realm: Realm,
    protected readonly ledger: Ledger,
    /** Number of changes. */
    readonly version: number,
  ) {}

  participantAt(urn: string, at: Date): ParticipantRecord | undefined {
    const participant = this.ledger.participants.get(urn)?.at(this.version, at);
    return participant?.type === 'SUSPENDED' ? undefined : participant;
  }

  participants(at: Date): ParticipantRecord[] {
    return present(this.ledger.participants.keys(), (urn) => this.participantAt(urn, at));
  }

  serviceAt(urn: string, at: Date): ServiceRecord | undefined {
    return this.ledger.services.get(urn)?.at(this.version, at);
  }

  services(at: Date): ServiceRecord[] {
    return present(this.ledger.services.keys(), (urn) => this.serviceAt(urn, at));
  }

  agencyAt(urn: string, at: Date): AgencyRecord | undefined {
    return this.#ofActive(this.ledger.agencies.get(urn), at);
  }

  agencies(at: Date): AgencyRecord[] {
    return present(this.ledger.agencies.keys(), (urn) => this.agencyAt(urn, at));
  }

  deskAt(urn: string, at: Date): DeskRecord | undefined {
    return this.#ofActive(this.ledger.desks.get(urn), at);
  }

  desks(at: Date): DeskRecord[] {
    return present(this.ledger.desks.keys(), (urn) => this.deskAt(urn, at));
  }

  postings(at: Date): PostingRecord[] {
    return [...this.ledger.postings.values()]
      .filter(({ version, record }) => version <= this.version && isWithin(at, record.effectiveFrom, record.until))
      .map(({ record }) => record)
      .filter(({ participant, host }) => this.#isActive(participant, at) && this.#isActive(host, at));
  }

  /** Postings that were over before the instant. */
  endedPostings(at: Date): PostingRecord[] {
    return [...this.ledger.postings.values()]
      .filter(({ version, record }) => version <= this.version && new Date(record.until) <= at)
      .map(({ record }) => record);
  }

  /**
   * The registered key of this id, when it is active at the instant: within its validity, neither retired nor compromised by then, its owner active.
   *
   * @throws SeraiError ERR_TRUST_UNKNOWN_KEY, ERR_TRUST_KEY_INACTIVE
   */
  keyAt(kid: string, use: 'sig' | 'enc', at: Date, tolerated: Tolerated = {}): PublicKeyRecord {
    const history = this.#keyHistory(kid);
    if (history?.key.use !== use) {
      throw new SeraiError('ERR_TRUST_UNKNOWN_KEY', 'No registered key has this key id.', { detail: { kid, use } });
    }
    const reason = this.#whyInactive(history, at, tolerated);
    if (reason === undefined) return history.key;
    throw new SeraiError('ERR_TRUST_KEY_INACTIVE', 'The key was not active at that time.', {
      detail: { kid, owner: history.key.owner, reason, at: at.toISOString() },
    });
  }

  /**
   * Finds signing keys for `verifyEnvelope` in this version of the directory.
   *
   * @param tolerated what the caller asks about by itself afterwards, with {@link compromisedFrom} or {@link isSuspended}
   */
  keyResolver(tolerated: Tolerated = {}): KeyResolver {
    return (kid, use, at) => this.keyAt(kid, use, at, tolerated);
  }

  /** The instant from which a key counts as compromised, the earliest that was ever said; undefined for a key that nobody reported. */
  compromisedFrom(kid: string): Date | undefined {
    const reports = this.#keyHistory(kid)?.statuses.entries(this.version) ?? [];
    const times = reports.filter(({ value }) => value === 'COMPROMISED').map(({ from }) => from.getTime());
    return times.length === 0 ? undefined : new Date(Math.min(...times));
  }

  /** True for a participant that is suspended at the instant. */
  isSuspended(urn: string, at: Date): boolean {
    return this.ledger.participants.get(urn)?.at(this.version, at)?.type === 'SUSPENDED';
  }

  /** Every participant that was admitted by the instant, suspended ones too. */
  admitted(at: Date): string[] {
    return [...this.ledger.participants.keys()].filter((urn) => this.isKnownParty(urn, at));
  }

  /** Active keys that content for a participant is encrypted to. */
  encryptionKeysOf(owner: string, at: Date): RegisteredKey[] {
    return this.#activeKeysOf(owner, 'enc', at);
  }

  signingKeysOf(owner: string, at: Date): RegisteredKey[] {
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

  /** The log policy in force at an instant, or undefined before the first. */
  logPolicyAt(at: Date): LogPolicyRecord | undefined {
    return this.ledger.logPolicies.at(this.version, at);
  }

  /** Every log policy that was ever set, in that order. */
  logPolicies(): LogPolicyRecord[] {
    return this.ledger.logPolicies.entries(this.version).map(({ value }) => value);
  }

  /** What a participant may ask of whom at an instant: one route per grant of each agreement in force. */
  routesFrom(participant: string, at: Date): Route[] {
    if (!this.#isActive(participant, at)) return [];
    return (this.ledger.agreementsByParty.get(participant) ?? [])
      .filter(({ version, record }) => version <= this.version && isWithin(at, record.effectiveFrom, record.validUntil))
      .flatMap(({ record }) => record.grants.map(({ from, to, kinds }) => ({ from, to, kinds, agreement: record })))
      .filter(({ from, to }) => from === participant && this.#isActive(to, at))
      .map(({ to, kinds, agreement }) => ({ to, kinds, agreement }));
  }

  hasChange(id: string): boolean {
    return this.#isVisible(this.ledger.versionByChange.get(id));
  }

  hasPosting(id: string): boolean {
    return this.#isVisible(this.ledger.postings.get(id)?.version);
  }

  hasAgreement(id: string): boolean {
    return this.#isVisible(this.ledger.agreements.get(id)?.version);
  }

  /** Every key that was ever registered for a participant or service, in that order, with what was said of it since. */
  keysOf(owner: string): KeyStanding[] {
    return (this.ledger.keysByOwner.get(owner) ?? [])
      .filter(({ version }) => this.#isVisible(version))
      .map(({ key, statuses }) => ({ key, ends: statuses.entries(this.version) }));
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
    const known = this.ledger.participants.get(urn) ?? this.ledger.services.get(urn);
    return known?.at(this.version, at) !== undefined;
  }

  /**
   * Whose signing key this is, when it counts under a change that holds from the instant: active then, and never reported as compromised. Who has stolen
   * a key must not gain by dating a change back.
   */
  signatoryOf(kid: string, from: Date): string | undefined {
    const history = this.#keyHistory(kid);
    if (history?.key.use !== 'sig' || this.isCompromised(kid)) return undefined;
    return this.#whyInactive(history, from) === undefined ? history.key.owner : undefined;
  }

  #whyInactive({ key, statuses }: KeyHistory, at: Date, tolerated: Tolerated = {}): string | undefined {
    if (!isWithin(at, key.effectiveFrom, key.validUntil)) return 'outside its validity';
    const status = statuses.at(this.version, at);
    if (status === 'RETIRED' || (status === 'COMPROMISED' && !tolerated.compromised)) return status;
    const isThere = this.#isActive(key.owner, at) || (tolerated.suspended === true && this.isSuspended(key.owner, at));
    return isThere ? undefined : 'owner not active';
  }

  #activeKeysOf(owner: string, use: 'sig' | 'enc', at: Date): RegisteredKey[] {
    return (this.ledger.keysByOwner.get(owner) ?? [])
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
    const history = this.ledger.keys.get(kid);
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
