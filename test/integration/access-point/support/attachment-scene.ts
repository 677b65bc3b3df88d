import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { v7 } from 'uuid';
import { encryptAttachment } from '#libs/attachments';
import { SeraiClient } from '#libs/client';
import type { AttachmentReference, AttachmentSecret, LegAttachment, LegView } from '#libs/contracts';
import { eventually } from '#libs/testing';
import type { AccessPoint, OfficerClient } from './access-point.js';
import { urnOf } from './community.js';
import type { FeedScene } from './feed-scene.js';
import { requestTo } from './request-body.js';

/** A picture of any size: to whoever judges by bytes it is PNG. */
export function pictureOf(bytes: number): Buffer {
  const head = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000049444154', 'hex');
  return Buffer.concat([head, randomBytes(Math.max(0, bytes - head.byteLength))]).subarray(0, Math.max(bytes, 41));
}

/** The client of officers, as somebody who has logged in. */
export async function clientOf(officer: OfficerClient, patienceMs = 2_000): Promise<SeraiClient> {
  return new SeraiClient({
    baseUrl: await officer.at.url(),
    token: () => officer.token(),
    desk: officer.desk,
    purpose: 'INVESTIGATION',
    patienceMs,
  });
}

/** The attachments of a leg that its officers see. */
export async function attachmentsOn(
  client: SeraiClient,
  legId: string,
): Promise<(LegAttachment & { envelopeId: string })[]> {
  const { messages }: LegView = await client.leg(legId);
  return messages.flatMap(({ envelopeId, attachments = [] }) => attachments.map((each) => ({ envelopeId, ...each })));
}

/** Resolves when an attachment of a leg is as asked. */
export function attachmentThat(client: SeraiClient, legId: string, is: Partial<LegAttachment>, timeoutMs = 15_000) {
  return eventually(
    async () => {
      const [found] = await attachmentsOn(client, legId).catch(() => []);
      expect(found).toMatchObject(is);
      return found!;
    },
    { timeoutMs },
  );
}

/** What a foreign access point makes of a file: ciphertext, and what it says of it. */
export async function foreignAttachment(file: Buffer, said: Partial<AttachmentSecret> = {}) {
  const key = randomBytes(32);
  const attachmentId = v7();
  const pieces: Buffer[] = [];
  const source = (async function* () {
    yield file;
  })();
  for await (const piece of encryptAttachment(source, key, { attachmentId, sender: urnOf('rs') })) pieces.push(piece);
  const content = Buffer.concat(pieces);
  const sha256 = createHash('sha256').update(content).digest('base64url');
  const reference: AttachmentReference = { attachmentId, sha256, bytes: content.byteLength };
  const secret: AttachmentSecret = {
    attachmentId,
    name: 'picture.png',
    mediaType: 'image/png',
    bytes: file.byteLength,
    key: key.toString('base64url'),
    ...said,
  };
  return { content, reference, secret };
}

/** A Serbian request with an attachment arrives. */
export async function receiveAttached(
  { world: { hub }, serbia }: FeedScene,
  { content, reference, secret }: Awaited<ReturnType<typeof foreignAttachment>>,
  secrets = [secret],
) {
  const { attachmentId, bytes } = reference;
  const upload = { attachmentId, blobId: attachmentId, bytes, received: bytes };
  hub.attachments.shelved.set(`${urnOf('rs')}/${attachmentId}`, { upload, content });
  const body = { ...requestTo(['iq']).content, attachments: secrets };
  const envelope = await serbia.request({ content: body, attachments: [reference] });
  await hub.services.decide(envelope);
  return { legId: envelope.event.subject, envelopeId: envelope.event.id, attachmentId };
}

/** Every file in which an access point keeps attachments. */
export async function filesOf({ attachments }: AccessPoint): Promise<string[]> {
  const entries = await readdir(attachments, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
}

/** Changes one byte in the middle of a file. */
export async function changeByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[Math.floor(bytes.byteLength / 2)]! ^= 1;
  await writeFile(file, bytes);
}
