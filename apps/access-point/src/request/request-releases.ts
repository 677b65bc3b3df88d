import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ApprovalRecord } from '../approval/approval.repository.js';
import { insertAttachments } from '../attachment/attachment.repository.js';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Identity } from '../identity.js';
import { insertLegs } from '../leg/leg.repository.js';
import type { Officer } from '../officer/officer.js';
import { Outgoing } from '../outgoing/outgoing.service.js';
import { heldRequest } from './held-request.js';
import { checkRequest } from './request.rules.js';
import { RequestComposer } from './request-composer.js';

/** Signs legs that a second person lets go, by the directory and the clock of that moment. */
@Injectable()
export class RequestReleases {
  constructor(
    private readonly identity: Identity,
    private readonly community: CommunityDirectory,
    private readonly composer: RequestComposer,
    private readonly outgoing: Outgoing,
  ) {}

  /** @returns the envelope that the leg goes out with */
  async letOut(
    tx: EntityManager,
    { officer }: { readonly officer: Officer },
    { legId, proposedBy }: ApprovalRecord,
    proposal: unknown,
  ): Promise<string> {
    const { requestId, body, acting, attached } = heldRequest.parse(proposal);
    const { participant } = this.identity;
    const directory = this.community.current;
    const checked = checkRequest(body, { directory, participant, acting, now: new Date() });
    const officers = { proposedBy, approvedBy: officer.pseudonym };
    const source = { ...checked, requestId, body, acting, officers, attached };
    const leg = await this.composer.compose(source, checked.recipients[0]!, legId);
    const envelopeId = leg.draft.event.id;
    await insertLegs(tx, [this.composer.legOf(source, leg)]);
    await insertAttachments(
      tx,
      attached.map(({ blobId, reference }) => ({ ...reference, envelopeId, legId, blobId, direction: 'outgoing' })),
    );
    await this.outgoing.queue(tx, [leg.draft]);
    return envelopeId;
  }
}
