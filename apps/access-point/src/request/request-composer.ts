import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';
import { type HeaderOf, requestSubmitted } from '#libs/contracts';
import { Responsibility, type Responsible } from '../approval/responsibility.js';
import { type OpenedDraft, referencesOf, secretsOf } from '../attachment/drafts.js';
import { Identity } from '../identity.js';
import type { NewLeg } from '../leg/leg.repository.js';
import { LegSender } from '../leg/leg.sender.js';
import type { Acting } from '../officer/officer.js';
import { compose, type Draft } from '../outgoing/compose.js';
import { withoutProtection } from './protection-gate.js';
import type { BasedRecipient, CheckedRequest, NewRequest } from './request.rules.js';

/** What of a request goes into each of its legs. */
export interface LegSource extends Pick<CheckedRequest, 'purpose' | 'expiresAt'> {
  readonly requestId: string;
  readonly body: NewRequest;
  readonly acting: Acting;
  readonly officers: Responsible;
  readonly attached: readonly OpenedDraft[];
}

/** One leg that is about to be sent. */
export interface NewLegDraft {
  readonly legId: string;
  readonly recipient: BasedRecipient;
  readonly draft: Draft;
}

/** Makes encrypted messages of requests. */
@Injectable()
export class RequestComposer {
  constructor(
    private readonly identity: Identity,
    private readonly sender: LegSender,
    private readonly responsibility: Responsibility,
  ) {}

  async compose(source: LegSource, recipient: BasedRecipient, legId: string): Promise<NewLegDraft> {
    const { body, attached, officers } = source;
    const envelopeId = v7();
    const draft = await compose(this.identity, {
      contract: requestSubmitted,
      envelopeId,
      legId,
      header: this.headerOf(source, recipient, legId, this.responsibility.commit(envelopeId, officers)),
      content: { ...withoutProtection(body.content), ...secretsOf(attached) },
      encryptTo: this.sender.keysOf(recipient.participant),
    });
    // What the officer said of protection stays with the message here.
    return { legId, recipient, draft: { ...draft, content: { ...body.content, ...secretsOf(attached) } } };
  }

  legOf({ requestId, body, acting }: LegSource, { legId, recipient, draft }: NewLegDraft): NewLeg {
    const { kind, priority, content } = body;
    return {
      legId,
      requestId,
      direction: 'outgoing',
      ownDesk: acting.desk,
      kind,
      priority,
      requester: { participant: this.identity.participant, desk: acting.desk },
      addressee: { participant: recipient.participant, desk: recipient.desk },
      items: content.items.length,
      submissionId: draft.event.id,
    };
  }

  private headerOf(
    { requestId, body, acting, officers, attached, purpose, expiresAt }: LegSource,
    { participant, desk, agreement }: BasedRecipient,
    legId: string,
    responsible: string,
  ): HeaderOf<typeof requestSubmitted> {
    const { kind, priority, urgencyGround, channelNature, handling, caveats, content } = body;
    return {
      requestId,
      legId,
      sender: { participant: this.identity.participant, desk: acting.desk, officer: officers.proposedBy },
      recipient: { participant, desk },
      kind,
      priority,
      urgencyGround,
      purpose,
      legalBasis: agreement && { code: agreement.legalBasis, agreement: agreement.id },
      channelNature,
      handling,
      caveats,
      items: content.items.length,
      ...referencesOf(attached),
      responsible,
      expiresAt: expiresAt.toISOString(),
    };
  }
}
