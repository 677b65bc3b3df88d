import { v7 } from 'uuid';
import type { DirectoryChange, KeyView, Realm } from '#libs/contracts';
import type { KeystorePublicKey } from '#libs/envelope';
import type { KeyStanding, RegisteredKey } from '#libs/trust';

const YEARS_VALID = 2;
const HOUR_MS = 3_600_000;

/** Whose keys are changed. */
export interface KeyOwner {
  readonly participant: string;
  readonly realm: Realm;
}

/** Registers a key, and retires those before it once both have been active side by side for a while. */
export function rotation(
  { participant: owner, realm }: KeyOwner,
  key: KeystorePublicKey,
  { from, overlapHours, before }: { from: Date; overlapHours: number; before: readonly RegisteredKey[] },
): DirectoryChange[] {
  const { use, jwk } = key;
  const end = new Date(from);
  end.setUTCFullYear(end.getUTCFullYear() + YEARS_VALID);
  const registration: DirectoryChange = {
    id: v7(),
    realm,
    effectiveFrom: from.toISOString(),
    kind: 'key-registered',
    key: { owner, use, jwk, validUntil: end.toISOString() },
  };
  const retireFrom = new Date(from.getTime() + overlapHours * HOUR_MS);
  return [registration, ...before.map(({ kid }) => endOfKey(realm, kid, 'RETIRED', retireFrom))];
}

export function endOfKey(realm: Realm, kid: string, status: 'RETIRED' | 'COMPROMISED', from: Date): DirectoryChange {
  return { id: v7(), realm, effectiveFrom: from.toISOString(), kind: 'key-status-changed', kid, status };
}

/** What is known of one key; `standing` is absent for a key that the directory does not have. */
export function keyView(
  { kid, use }: Pick<KeystorePublicKey, 'kid' | 'use'>,
  { standing, held, signing, now }: { standing?: KeyStanding; held: boolean; signing: boolean; now: Date },
): KeyView {
  if (!standing) return { kid, use, state: 'UNREGISTERED', held, signing };
  const { effectiveFrom, validUntil } = standing.key;
  // Whoever reports a key as compromised knows more than whoever retired it.
  const end = standing.ends.findLast(({ value }) => value === 'COMPROMISED') ?? standing.ends.at(-1);
  return {
    kid,
    use,
    state: stateOf(standing, end, now),
    effectiveFrom,
    validUntil,
    ...(end ? { endedFrom: end.from.toISOString() } : {}),
    held,
    signing,
  };
}

function stateOf({ key }: KeyStanding, end: KeyStanding['ends'][number] | undefined, now: Date): KeyView['state'] {
  if (end && end.from <= now) return end.value;
  if (new Date(key.effectiveFrom) > now) return 'REGISTERED';
  return new Date(key.validUntil) <= now ? 'ENDED' : 'ACTIVE';
}
