import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Upload, type UploadOptions } from 'tus-js-client';
import { v7 as uuid7 } from 'uuid';
import {
  type AttachmentReference,
  envelopeAccepted,
  type HeaderOf,
  type LegState,
  legAnswered,
  serviceUrnOf,
} from '#libs/contracts';
import type { SignedEnvelope } from '#libs/envelope';
import type { GatewayWorld } from './gateway-world.js';

/** A ciphertext as an access point has it; to the gateway it is bytes with a hash. */
export interface Ciphertext extends AttachmentReference {
  readonly content: Buffer;
}

export function ciphertextOf(bytes: number): Ciphertext {
  const content = randomBytes(bytes);
  const sha256 = createHash('sha256').update(content).digest('base64url');
  return { attachmentId: uuid7(), bytes, sha256, content };
}

export const referenceOf = ({ attachmentId, sha256, bytes }: AttachmentReference): AttachmentReference => ({
  attachmentId,
  sha256,
  bytes,
});

/** What members do with attachments at a gateway, over real HTTP. */
export class AttachmentScene {
  constructor(
    private readonly world: GatewayWorld,
    private readonly gateway: NestFastifyApplication = world.gateway,
  ) {}

  /** Uploads with the tus client; `options` go over ours. Resolves when it has ended well. */
  async upload(as: string, { attachmentId, sha256, content }: Ciphertext, options: Partial<UploadOptions> = {}) {
    const endpoint = `${await this.gateway.getUrl()}/v1/attachments`;
    return new Promise<void>((resolve, reject) => {
      const upload = new Upload(content, {
        endpoint,
        uploadUrl: `${endpoint}/${attachmentId}`,
        metadata: { attachment: attachmentId, sha256 },
        retryDelays: null,
        onBeforeRequest: async (request) => {
          request.setHeader('authorization', await this.world.community.authorization(as, 'gateway'));
        },
        onSuccess: () => resolve(),
        onError: reject,
        ...options,
      });
      upload.start();
    });
  }

  async call(
    as: string,
    method: 'HEAD' | 'PATCH' | 'POST',
    url: string,
    headers: Record<string, string>,
    payload?: Buffer,
  ) {
    const authorization = await this.world.community.authorization(as, 'gateway');
    return this.gateway.inject({
      method,
      url,
      headers: { authorization, 'tus-resumable': '1.0.0', ...headers },
      ...(payload ? { payload } : {}),
    });
  }

  async offsetOf(as: string, { attachmentId }: AttachmentReference): Promise<number | undefined> {
    const answer = await this.call(as, 'HEAD', `/v1/attachments/${attachmentId}`, {});
    return answer.statusCode === 200 ? Number(answer.headers['upload-offset']) : undefined;
  }

  /** An answer of `from` to `to` that names attachments. */
  async answer(from: string, to: string, attachments: readonly AttachmentReference[]): Promise<SignedEnvelope> {
    const { community } = this.world;
    const party = (id: string) => ({ participant: community.member(id).urn, desk: `urn:serai:desk:${id}:ncc` });
    const legId = uuid7();
    const header: HeaderOf<typeof legAnswered> = {
      requestId: uuid7(),
      legId,
      sender: party(from),
      recipient: party(to),
      handling: 'H0',
      caveats: [],
      attachments: attachments.map(referenceOf),
      items: ['1'],
    };
    const draft = { source: party(from).participant, type: legAnswered.type, subject: legId, header };
    const event = community.chained(draft);
    const content = { protected: 'e30', aad: 'e30', iv: 'e30', ciphertext: '', tag: 'e30' };
    const recipients = [{ header: { alg: 'none', kid: 'none' }, encrypted_key: 'e30' }];
    const data = { ...event.data, content: { ...content, recipients } };
    return community.sign({ ...event, data }, community.member(from).keystore);
  }

  /** What `requests` says when it accepts a message. */
  async accepted(message: SignedEnvelope, audience: readonly string[], signedBy = 'requests'): Promise<string> {
    const { community } = this.world;
    const { id, type, source, subject, data } = message.event;
    const { sender, recipient } = data.header as HeaderOf<typeof legAnswered>;
    const now = new Date().toISOString();
    const header: HeaderOf<typeof envelopeAccepted> = {
      audience: audience.map((member) => community.member(member).urn),
      envelope: { id, type, source, sha256: message.sha256 },
      acceptedAt: now,
      leg: legOf(data.header as HeaderOf<typeof legAnswered>, sender, recipient, now),
    };
    const cause = message.sha256;
    const draft = { source: serviceUrnOf(signedBy), type: envelopeAccepted.type, subject, header, cause };
    const signed = await community.sign(community.chained(draft), community.services[signedBy]!);
    return signed.jws;
  }

  async fetch(as: string, attachmentId: string, proof: { event: string; envelope: string; offset?: number }) {
    const authorization = await this.world.community.authorization(as, 'gateway');
    return this.gateway.inject({
      method: 'POST',
      url: `/v1/attachments/${attachmentId}/fetch`,
      headers: { authorization, 'content-type': 'application/json' },
      payload: JSON.stringify(proof),
    });
  }

  /** Every file that the gateway keeps attachments in. */
  async files(): Promise<Buffer[]> {
    const folder = path.join(this.world.community.folder, 'attachments');
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries.filter((entry) => entry.isFile());
    return Promise.all(files.map(({ parentPath, name }) => readFile(path.join(parentPath, name))));
  }
}

function legOf(
  { legId, requestId }: HeaderOf<typeof legAnswered>,
  sender: { participant: string; desk: string },
  recipient: { participant: string; desk: string },
  now: string,
): LegState {
  return {
    legId,
    requestId,
    version: 2,
    status: 'ANSWERED',
    kind: 'IDENTITY',
    priority: 'ROUTINE',
    requester: recipient,
    addressee: { participant: sender.participant, desk: sender.desk },
    submittedAt: now,
    clock: { state: 'STOPPED', pausedMs: 0 },
    overdue: false,
    excused: false,
    reconsidered: false,
  };
}
