import type { DirectoryChange, SignedDirectoryChange } from '#libs/contracts';
import { parsePolicy } from '#libs/transparency-log';
import type {
  AgencyRecord,
  AgreementRecord,
  ChangeKind,
  ChangeOf,
  DeskRecord,
  LogPolicyRecord,
  ParticipantRecord,
  PostingRecord,
  RegisteredKey,
  ServiceRecord,
} from './records.js';
import { partiesOf, registeredKey } from './records.js';
import { Timeline } from './timeline.js';

/** One accepted change. */
export interface LedgerEntry {
  readonly signed: SignedDirectoryChange;
  readonly change: DirectoryChange;
  /** Head of the directory after this change. */
  readonly head: string;
  /** Thumbprint of the key that a `key-registered` change brings. */
  readonly kid?: string;
}

/** A record together with the version that brought it. */
export interface Versioned<T> {
  readonly version: number;
  readonly record: T;
}

export interface KeyHistory {
  readonly version: number;
  readonly key: RegisteredKey;
  readonly statuses: Timeline<'RETIRED' | 'COMPROMISED'>;
}

/**
 * Append-only memory behind a line of directories: each {@link Directory} sees the records up to its own version, so a new version costs one record
 * and no copy. Nothing is checked here.
 */
export class Ledger {
  readonly entries: LedgerEntry[] = [];
  readonly versionByChange = new Map<string, number>();
  readonly participants = new Map<string, Timeline<ParticipantRecord>>();
  readonly services = new Map<string, Timeline<ServiceRecord>>();
  readonly agencies = new Map<string, Timeline<AgencyRecord>>();
  /** A closed desk has the value `undefined` from its closing on. */
  readonly desks = new Map<string, Timeline<DeskRecord | undefined>>();
  readonly keys = new Map<string, KeyHistory>();
  readonly keysByOwner = new Map<string, KeyHistory[]>();
  readonly postings = new Map<string, Versioned<PostingRecord>>();
  readonly agreements = new Map<string, Versioned<AgreementRecord>>();
  readonly agreementsByParty = new Map<string, Versioned<AgreementRecord>[]>();
  readonly logPolicies = new Timeline<LogPolicyRecord>();

  get version(): number {
    return this.entries.length;
  }

  append(entry: LedgerEntry): void {
    this.entries.push(entry);
    this.versionByChange.set(entry.change.id, this.version);
    const record = RECORDERS[entry.change.kind] as (ledger: Ledger, change: DirectoryChange, kid?: string) => void;
    record(this, entry.change, entry.kid);
  }

  /** A ledger of its own with the first `version` entries. */
  copyUpTo(version: number): Ledger {
    const copy = new Ledger();
    for (const entry of this.entries.slice(0, version)) copy.append(entry);
    return copy;
  }
}

type Recorder<K extends ChangeKind> = (ledger: Ledger, change: ChangeOf<K>, kid?: string) => void;

/** Where a change of each kind leaves its record. */
const RECORDERS: { readonly [K in ChangeKind]: Recorder<K> } = {
  'participant-admitted': (ledger, change) => appendTo(ledger, ledger.participants, change, change.participant),
  'service-registered': (ledger, change) => appendTo(ledger, ledger.services, change, change.service),
  'agency-registered': (ledger, change) => appendTo(ledger, ledger.agencies, change, change.agency),
  'desk-opened': (ledger, change) => appendTo(ledger, ledger.desks, change, change.desk),
  'desk-closed': (ledger, change) =>
    timelineOf(ledger.desks, change.desk).append(ledger.version, new Date(change.effectiveFrom), undefined),
  'key-registered': (ledger, change, kid) => {
    const key = registeredKey(kid!, change.realm, change);
    const history = { version: ledger.version, key, statuses: new Timeline<'RETIRED' | 'COMPROMISED'>() };
    ledger.keys.set(key.kid, history);
    pushTo(ledger.keysByOwner, key.owner, history);
  },
  'key-status-changed': (ledger, change) =>
    ledger.keys.get(change.kid)?.statuses.append(ledger.version, new Date(change.effectiveFrom), change.status),
  'posting-made': (ledger, change) => {
    ledger.postings.set(change.posting.id, versioned(ledger, change, change.posting));
  },
  'log-policy-set': (ledger, { effectiveFrom, policy: text }) =>
    ledger.logPolicies.append(ledger.version, new Date(effectiveFrom), {
      effectiveFrom,
      text,
      policy: parsePolicy(Buffer.from(text)),
    }),
  'agreement-recorded': (ledger, change) => {
    const entry = versioned(ledger, change, change.agreement);
    ledger.agreements.set(change.agreement.id, entry);
    for (const party of partiesOf(change.agreement)) pushTo(ledger.agreementsByParty, party, entry);
  },
};

function appendTo<T extends { readonly id: string }>(
  ledger: Ledger,
  timelines: Map<string, Timeline<(T & { readonly effectiveFrom: string }) | undefined>>,
  { effectiveFrom }: DirectoryChange,
  value: T,
): void {
  timelineOf(timelines, value.id).append(ledger.version, new Date(effectiveFrom), { ...value, effectiveFrom });
}

function versioned<T>(
  ledger: Ledger,
  { effectiveFrom }: DirectoryChange,
  value: T,
): Versioned<T & { effectiveFrom: string }> {
  return { version: ledger.version, record: { ...value, effectiveFrom } };
}

function timelineOf<T>(timelines: Map<string, Timeline<T>>, id: string): Timeline<T> {
  const timeline = timelines.get(id) ?? new Timeline<T>();
  timelines.set(id, timeline);
  return timeline;
}

function pushTo<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
