import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import {
  type AttachmentSecret,
  type EnvelopeView,
  type HeaderOf,
  legRead,
  type MessageContent,
  type MessageProof,
  type requestSubmitted,
} from '#libs/contracts';
import { inTransaction } from '#libs/persistence';
import { AccessLog } from '../access-log/access-log.service.js';
import { AccessRecorder } from '../access-record/access-recorder.js';
import { findApprovalOf } from '../approval/approval.repository.js';
import { Responsibility } from '../approval/responsibility.js';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Identity } from '../identity.js';
import type { Call } from '../officer/call.js';
import type { Reach } from '../officer/permission.js';
import { compose } from '../outgoing/compose.js';
import { Outgoing } from '../outgoing/outgoing.service.js';
import { Vault } from '../vault/vault.service.js';
import { canMove } from './leg.moves.js';
import { assertReachable, notFound } from './leg.reader.js';
import { claimFirstRead, findLeg, type LegRecord } from './leg.repository.js';
import { suspicionOf } from './leg.view.js';
import { findMessage, findSignedBytes, type MessageRecord } from './message.repository.js';
import { moveHeader } from './move-header.js';

type SecretContent = MessageContent['content'] & { attachments?: AttachmentSecret[] };

/** Officers see what is attached; the keys stay here. */
function withoutKeys(content: SecretContent): MessageContent['content'] {
  const { attachments } = content;
  if (attachments === undefined) return content;
  return { ...content, attachments: attachments.map(({ key: _, ...description }) => description) };
}

/**
 * A message of a leg that is within reach, with its leg.
 *
 * @throws SeraiError ERR_REQUEST_NOT_FOUND
 */
export async function findReachable(
  manager: EntityManager,
  {
    reach,
    params: { legId, envelopeId },
  }: { readonly reach: Reach; readonly params: { readonly legId: string; readonly envelopeId: string } },
): Promise<{ leg: LegRecord; message: MessageRecord }> {
  const leg = assertReachable(reach, await findLeg(manager, legId));
  const message = await findMessage(manager, envelopeId);
  if (message?.legId !== leg.legId) throw notFound();
  return { leg, message };
}

/** Shows contents, states and signed bytes of messages. */
@Injectable()
export class MessageReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identity: Identity,
    private readonly vault: Vault,
    private readonly accessLog: AccessLog,
    private readonly recorder: AccessRecorder,
    private readonly outgoing: Outgoing,
    private readonly community: CommunityDirectory,
    private readonly responsibility: Responsibility,
  ) {}

  /** Content is opened only after the log entry, and the statement that the request was read where it is the first time, have committed. */
  async readContent(call: Call<'readContent'>): Promise<MessageContent> {
    const message = await this.look(call);
    const { envelopeId, type } = message;
    const content = withoutKeys((await this.vault.read(this.dataSource.manager, envelopeId)) as SecretContent);
    const suspicion = suspicionOf(message, this.community.current);
    return { envelopeId, type, content, ...(suspicion === undefined ? {} : { suspicion }) };
  }

  /** Logs a look at what a message holds, in a transaction of its own, before anything of it is opened. @throws SeraiError ERR_ACCESS_NOT_RECORDED */
  async look(call: Call<'readContent'> | Call<'downloadAttachment'>): Promise<MessageRecord> {
    const { found, entryId } = await inTransaction(this.dataSource, async (tx) => {
      const { leg, message } = await findReachable(tx, call);
      if (message.content !== 'STORED') throw notFound();
      const entry = await this.accessLog.consulted(tx, { ...call, ...call.params });
      await this.stateRead(tx, call, leg, message);
      return { found: message, entryId: entry };
    });
    await this.recorder.recorded(entryId);
    return found;
  }

  async proof(call: Call<'getProof'>): Promise<MessageProof> {
    const { message } = await findReachable(this.dataSource.manager, call);
    const bytes = await findSignedBytes(this.dataSource.manager, message.envelopeId);
    if (!bytes) throw notFound();
    const { envelope, receipt, event } = bytes;
    return {
      envelope,
      ...(receipt === null ? {} : { receipt }),
      ...(event === null ? {} : { event }),
      ...(await this.responsible(message)),
    };
  }

  /** Who answers for an own message, as its signed header says in a hash. */
  private async responsible(message: MessageRecord): Promise<Pick<MessageProof, 'responsible'>> {
    const { envelopeId, direction } = message;
    const header = message.header as Partial<HeaderOf<typeof requestSubmitted>>;
    if (direction === 'incoming' || header.responsible === undefined) return {};
    const approval = await findApprovalOf(this.dataSource.manager, envelopeId);
    const proposedBy = approval?.proposedBy ?? header.sender?.officer ?? '';
    const approvedBy = approval?.decidedBy ?? undefined;
    return { responsible: this.responsibility.open(envelopeId, { proposedBy, ...(approvedBy && { approvedBy }) }) };
  }

  async envelope({ reach, params }: Call<'getEnvelope'>): Promise<EnvelopeView> {
    const { manager } = this.dataSource;
    const message = await findMessage(manager, params.envelopeId);
    if (message?.direction !== 'outgoing') throw notFound();
    const { legId } = assertReachable(reach, await findLeg(manager, message.legId));
    const { envelopeId, type, state, problem, receivedAt, decidedAt } = message;
    return {
      envelopeId,
      type,
      legId,
      state,
      ...(problem === null ? {} : { problem }),
      ...(receivedAt === null ? {} : { receivedAt: receivedAt.toISOString() }),
      ...(decidedAt === null ? {} : { decidedAt: decidedAt.toISOString() }),
    };
  }

  /** The first look of the addressed desk at the request tells the sender, once, under the officer's pseudonym. */
  private async stateRead(
    tx: EntityManager,
    { officer, acting }: Pick<Call<'readContent'>, 'officer' | 'acting'>,
    leg: LegRecord,
    message: MessageRecord,
  ): Promise<void> {
    const isFirstLook =
      leg.direction === 'incoming' && message.envelopeId === leg.submissionId && acting.desk === leg.ownDesk;
    if (!isFirstLook || !canMove(leg, legRead.type)) return;
    const header = moveHeader(leg, { desk: acting.desk, officer: officer.pseudonym });
    const draft = await compose(this.identity, { contract: legRead, legId: leg.legId, header, encryptTo: [] });
    if (await claimFirstRead(tx, leg.legId, draft.event.id)) await this.outgoing.queue(tx, [draft]);
  }
}
