import { Inject, Injectable } from '@nestjs/common';
import type { AttachmentReference } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import type { GatewayConfig } from '../config.js';
import { type HoldingSubmission, holds, refused, type Submission } from '../envelope/submission.js';
import { GATEWAY_CONFIG } from '../tokens.js';
import { AttachmentRepository, type NamedAttachment } from './attachment.repository.js';

const DAY_MS = 86_400_000;

/** Holds envelopes against what their senders have uploaded, and keeps it from then on. */
@Injectable()
export class NamedAttachments {
  constructor(
    private readonly attachments: AttachmentRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Refuses submissions that name what is not here, or is something else. */
  async hold(submissions: readonly Submission[]): Promise<Submission[]> {
    const held = [...submissions];
    for (const [index, submission] of submissions.entries()) {
      const named = holds(submission) ? namedBy(submission) : [];
      if (named.length === 0) continue;
      const error = await this.keep(named).catch((failure: unknown) => failure);
      if (error !== undefined) held[index] = refused(submission, error);
    }
    return held;
  }

  /** @returns why they can't be named */
  private async keep(named: readonly NamedAttachment[]): Promise<SeraiError | undefined> {
    const keepUntil = new Date(Date.now() + this.config.attachments.days * DAY_MS);
    const outcomes = await this.attachments.name(named, keepUntil);
    if (outcomes.includes('other')) {
      return new SeraiError(
        'ERR_ATTACHMENT_MISMATCH',
        'An uploaded attachment has another hash or size than the envelope says.',
      );
    }
    if (outcomes.includes('missing')) {
      return new SeraiError('ERR_ATTACHMENT_UNKNOWN', 'The envelope names an attachment that you have not uploaded.');
    }
    return undefined;
  }
}

function namedBy({ envelope: { event } }: HoldingSubmission): NamedAttachment[] {
  const { attachments = [] } = event.data.header as { attachments?: AttachmentReference[] };
  return attachments.map(({ attachmentId, sha256, bytes }) => ({ owner: event.source, attachmentId, sha256, bytes }));
}
