import { v7 } from 'uuid';
import {
  type AttachmentReference,
  type LegHeader,
  legAcknowledged,
  type Priority,
  requestSubmitted,
  requestWithdrawn,
} from '#libs/contracts';
import { encryptContent, type SignedEnvelope, type Signer } from '#libs/envelope';
import { type Community, deskOf, type MemberId, urnOf } from './community.js';
import { requestTo } from './request-body.js';

/** How an envelope of the foreign access point differs from an honest one. */
export interface Deviation {
  readonly content?: unknown;
  readonly encryptFor?: MemberId;
  readonly signer?: Signer;
  readonly recipient?: MemberId;
  readonly legId?: string;
  readonly priority?: Priority;
  /** What the clear header says of attachments. */
  readonly attachments?: readonly AttachmentReference[];
}

/** Another participant's access point, as far as signing goes: what it signs is given to the hub double by the test. */
export class ForeignSender {
  constructor(
    private readonly community: Community,
    readonly member: MemberId,
    private readonly to: MemberId,
  ) {}

  async request(deviation: Deviation = {}): Promise<SignedEnvelope> {
    const { content, encryptFor, signer, recipient, legId = v7(), priority, attachments } = deviation;
    const body = requestTo([this.to]);
    const id = v7();
    const keys = this.community.directory.encryptionKeysOf(urnOf(encryptFor ?? this.to), new Date());
    const header = {
      ...this.header(legId, recipient),
      kind: body.kind,
      priority: priority ?? body.priority,
      urgencyGround: body.urgencyGround,
      purpose: 'INVESTIGATION',
      channelNature: body.channelNature,
      handling: body.handling,
      caveats: [],
      items: 2,
      ...(attachments ? { attachments } : {}),
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    };
    const encrypted = await encryptContent(
      content ?? body.content,
      { id, type: requestSubmitted.type, source: urnOf(this.member) },
      keys,
    );
    const data = { header, content: encrypted };
    return this.community.sign(
      { id, source: urnOf(this.member), type: requestSubmitted.type, subject: legId, data },
      { signer },
    );
  }

  /** A withdrawal; with `encryptFor` its reason is encrypted to somebody else. */
  async withdrawal(legId: string, { content, encryptFor }: Deviation = {}): Promise<SignedEnvelope> {
    const id = v7();
    const keys = this.community.directory.encryptionKeysOf(urnOf(encryptFor ?? this.to), new Date());
    const binding = { id, type: requestWithdrawn.type, source: urnOf(this.member) };
    const encrypted = content === undefined ? {} : { content: await encryptContent(content, binding, keys) };
    return this.community.sign({
      id,
      source: urnOf(this.member),
      type: requestWithdrawn.type,
      subject: legId,
      data: { header: this.header(legId), ...encrypted },
    });
  }

  acknowledgement(legId: string): Promise<SignedEnvelope> {
    const data = { header: this.header(legId) };
    return this.community.sign({ source: urnOf(this.member), type: legAcknowledged.type, subject: legId, data });
  }

  private header(legId: string, recipient = this.to): LegHeader {
    return {
      requestId: v7(),
      legId,
      sender: { participant: urnOf(this.member), desk: deskOf(this.member), officer: 'o-12345678' },
      recipient: { participant: urnOf(recipient), desk: deskOf(recipient) },
    };
  }
}
