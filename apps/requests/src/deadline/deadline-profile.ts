import type { Priority } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import type { DeadlineProfile } from './deadline-profile.entity.js';

/** What a profile is chosen by. */
export interface ProfileQuestion {
  readonly priority: Priority;
  readonly requester: string;
  readonly addressee: string;
}

/**
 * The profile in force at an instant: of those for the pair, or else of those for all, the one that took effect last.
 *
 * @throws SeraiError `ERR_INTERNAL_UNEXPECTED` where nobody ever set one for the priority
 */
export function profileInForce(
  profiles: readonly DeadlineProfile[],
  { priority, requester, addressee }: ProfileQuestion,
  at: Date,
): DeadlineProfile {
  const inForce = profiles
    .filter((profile) => profile.priority === priority && profile.effectiveFrom <= at)
    .sort((one, other) => other.effectiveFrom.getTime() - one.effectiveFrom.getTime());
  const found =
    inForce.find((profile) => profile.requester === requester && profile.addressee === addressee) ??
    inForce.find((profile) => profile.requester === null && profile.addressee === null);
  if (found) return found;
  throw new SeraiError('ERR_INTERNAL_UNEXPECTED', 'No deadline profile is in force. Add one for all participants.', {
    detail: { priority, at: at.toISOString() },
  });
}
