import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { feedDisputed, nudgesSet } from '#libs/contracts';
import { isMessage } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { HubDirectory, HubIdentity, verifySubmission } from '#libs/hub';
import type { MessageHandler, ReceivedMessage, ReceivedRecord } from '#libs/messaging';
import { Disputes } from '../dispute/disputes.js';
import { Preferences } from '../preferences/preferences.js';
import { type Notice, NoticePublisher } from '../publish/notice.publisher.js';

/** A verified submission, ready to be taken; the id makes it the same when it comes again. */
export interface SubmissionMessage {
  readonly id: string;
  readonly take: (tx: EntityManager, at: Date) => Promise<Notice>;
}

/** Answers each submission of a participant with a signed event. */
@Injectable()
export class SubmissionHandler implements MessageHandler<SubmissionMessage> {
  constructor(
    private readonly directory: HubDirectory,
    private readonly identity: HubIdentity,
    private readonly preferences: Preferences,
    private readonly disputes: Disputes,
    private readonly publisher: NoticePublisher,
  ) {}

  async verify(record: ReceivedRecord): Promise<SubmissionMessage> {
    const { directory, identity } = this;
    const submission = await verifySubmission(record, 'notifications.submissions', { directory, identity });
    const { id } = submission.event;
    if (isMessage(submission, nudgesSet)) return { id, take: (tx, at) => this.preferences.take(tx, submission, at) };
    if (isMessage(submission, feedDisputed)) return { id, take: (tx, at) => this.disputes.take(tx, submission, at) };
    throw new SeraiError('ERR_ENVELOPE_CHANNEL', 'Only settings of nudges and disputes of feeds are taken here.');
  }

  async handle(tx: EntityManager, messages: readonly ReceivedMessage<SubmissionMessage>[]): Promise<void> {
    const notices: Notice[] = [];
    for (const { record, message } of messages) notices.push(await message.take(tx, record.appendedAt));
    await this.publisher.publish(tx, notices);
  }
}
