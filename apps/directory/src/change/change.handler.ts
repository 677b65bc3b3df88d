import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { directoryChangeSubmitted } from '#libs/contracts';
import { isMessage, verifyEnvelope } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { HubIdentity } from '#libs/hub';
import type { MessageHandler, ReceivedMessage, ReceivedRecord } from '#libs/messaging';
import { ChangeService, type ProposedChange } from './change.service.js';
import { DirectoryOriginal } from './directory-original.js';

/** A verified submission. */
export type ChangeMessage = ProposedChange & { readonly id: string };

/** Reads what participants hand in on `directory.submissions`. */
@Injectable()
export class ChangeHandler implements MessageHandler<ChangeMessage> {
  constructor(
    private readonly original: DirectoryOriginal,
    private readonly identity: HubIdentity,
    private readonly changes: ChangeService,
  ) {}

  async verify(record: ReceivedRecord): Promise<ChangeMessage> {
    const directory = await this.original.catchUp();
    const verified = await verifyEnvelope(record.value, {
      realm: this.identity.realm,
      channel: 'directory.submissions',
      keys: directory.keyResolver(),
      at: record.appendedAt,
      audience: 'any',
    });
    if (!isMessage(verified, directoryChangeSubmitted)) {
      throw new SeraiError('ERR_ENVELOPE_CHANNEL', 'Only changes of the directory are taken here.');
    }
    const { id, type, source, data } = verified.event;
    const envelope = { id, type, source, sha256: verified.sha256 };
    return { id, change: data.header.change, cause: { jws: verified.jws, arrivedAt: record.appendedAt, envelope } };
  }

  async handle(tx: EntityManager, messages: readonly ReceivedMessage<ChangeMessage>[]): Promise<void> {
    const proposals = messages.map(({ message }) => message);
    await this.changes.submit(tx, proposals);
  }
}
