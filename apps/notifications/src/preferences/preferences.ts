import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type HeaderOf, nudgesAccepted, nudgesRefused, nudgesSet } from '#libs/contracts';
import type { VerifiedEnvelope } from '#libs/envelope';
import { SeraiError, toProblem } from '#libs/errors';
import { HubDirectory } from '#libs/hub';
import { Channels } from '../nudge/channels.js';
import { addressesOf } from '../nudge/contact-address.js';
import { TargetRepository } from '../nudge/target.repository.js';
import { type Notice, noticeOf } from '../publish/notice.publisher.js';
import { PreferencesRepository } from './preferences.repository.js';

type Submission = VerifiedEnvelope<HeaderOf<typeof nudgesSet>>;

/** Takes or refuses what participants set for their desks. */
@Injectable()
export class Preferences {
  constructor(
    private readonly directory: HubDirectory,
    private readonly preferences: PreferencesRepository,
    private readonly targets: TargetRepository,
    private readonly channels: Channels,
  ) {}

  /** @returns the answer, to be published in the same transaction */
  async take(tx: EntityManager, submission: Submission, at: Date): Promise<Notice> {
    const { source, subject, data } = submission.event;
    const { desk, nudges } = data.header;
    const refusal = this.refusalOf(submission, at);
    if (refusal) return refused(submission, refusal, at);
    const wanted = new Date(data.header.effectiveFrom ?? at);
    const effectiveFrom = wanted > at ? wanted : at;
    await this.preferences.insert(tx, { participant: source, desk, effectiveFrom, nudges });
    // Sending the settings again is how a participant says that a contact which was given up works again.
    await this.targets.enable(tx, desk, nudges.contacts.flatMap(addressesOf), at);
    const header = {
      audience: [source],
      envelope: namedEnvelope(submission),
      acceptedAt: at.toISOString(),
      desk,
      effectiveFrom: effectiveFrom.toISOString(),
    };
    return noticeOf(nudgesAccepted, subject, header, submission);
  }

  private refusalOf({ event }: Submission, at: Date): SeraiError | undefined {
    const { desk, nudges } = event.data.header;
    if (this.directory.current.deskAt(desk, at)?.participant !== event.source) {
      return new SeraiError('ERR_NUDGES_DESK_UNKNOWN', 'The desk is not an open desk of yours. Check its name.');
    }
    const names = new Set(nudges.contacts.map(({ name }) => name));
    const stranger = nudges.roster?.find((shift) => !names.has(shift.contact));
    if (stranger !== undefined) {
      const sentence = `The roster names ${stranger.contact}, which is no contact of the desk. Add it or correct the name.`;
      return new SeraiError('ERR_NUDGES_CONTACT_UNKNOWN', sentence);
    }
    for (const contact of nudges.contacts) {
      const [reason] = addressesOf(contact).flatMap((address) => this.channels.refusalOf(address) ?? []);
      if (reason !== undefined) {
        return new SeraiError('ERR_NUDGES_CHANNEL_OFF', `${reason} The contact ${contact.name} would never hear.`);
      }
    }
    return undefined;
  }
}

const namedEnvelope = ({ event, sha256 }: Submission) => ({
  id: event.id,
  type: event.type,
  source: event.source,
  sha256,
});

function refused(submission: Submission, refusal: SeraiError, at: Date): Notice {
  const header = {
    audience: [submission.event.source],
    envelope: namedEnvelope(submission),
    refusedAt: at.toISOString(),
    problem: toProblem(refusal),
  };
  return noticeOf(nudgesRefused, submission.event.subject, header, submission);
}
