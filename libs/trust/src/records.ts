import type { DirectoryChange, Realm } from '#libs/contracts';
import type { PublicKeyRecord } from '#libs/envelope';
import type { Policy } from '#libs/transparency-log';

export type ChangeKind = DirectoryChange['kind'];
/** The change of one kind. */
export type ChangeOf<K extends ChangeKind> = Extract<DirectoryChange, { kind: K }>;

/** A thing of the directory with the instant (RFC 3339) from which it holds. */
type Dated<T> = T & { readonly effectiveFrom: string };

export type ParticipantRecord = Dated<ChangeOf<'participant-admitted'>['participant']>;
export type ServiceRecord = Dated<ChangeOf<'service-registered'>['service']>;
export type AgencyRecord = Dated<ChangeOf<'agency-registered'>['agency']>;
export type DeskRecord = Dated<ChangeOf<'desk-opened'>['desk']>;
export type PostingRecord = Dated<ChangeOf<'posting-made'>['posting']>;
export type AgreementRecord = Dated<ChangeOf<'agreement-recorded'>['agreement']>;

/** Which logs and witnesses are believed from an instant on, until the next policy holds. */
export interface LogPolicyRecord {
  readonly effectiveFrom: string;
  /** The text as it was signed: a file of c2sp.org/tlog-policy. */
  readonly text: string;
  readonly policy: Policy;
}

/** A key as it was registered, whatever became of it. */
export interface RegisteredKey extends PublicKeyRecord {
  readonly use: 'sig' | 'enc';
  readonly effectiveFrom: string;
  readonly validUntil: string;
}

/** A key and what was said of it after its registration, each with the instant from which it holds. */
export interface KeyStanding {
  readonly key: RegisteredKey;
  readonly ends: readonly { readonly from: Date; readonly value: 'RETIRED' | 'COMPROMISED' }[];
}

/** What one participant may ask of another under one agreement. */
export interface Route {
  readonly to: string;
  readonly kinds: AgreementRecord['grants'][number]['kinds'];
  readonly agreement: AgreementRecord;
}

/** Builds the record of a registered key. */
export function registeredKey(kid: string, realm: Realm, change: ChangeOf<'key-registered'>): RegisteredKey {
  const { owner, use, jwk, validUntil } = change.key;
  return { kid, owner, realm, use, jwk, effectiveFrom: change.effectiveFrom, validUntil };
}

/** Every participant that an agreement names, each once. */
export function partiesOf(agreement: Pick<AgreementRecord, 'grants'>): string[] {
  return [...new Set(agreement.grants.flatMap(({ from, to }) => [from, to]))];
}
