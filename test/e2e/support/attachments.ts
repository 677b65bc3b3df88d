import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { NewAttachmentFile, SeraiClient } from '#libs/client';
import type { LegAttachment } from '#libs/contracts';
import { query } from './hub.js';
import type { World } from './world.js';

const PNG_HEAD = Buffer.from(
  '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000049444154',
  'hex',
);

/** A file of a size that is PNG to whoever judges by bytes; no two are alike. */
export function pictureOf(bytes: number, name = 'picture.png'): NewAttachmentFile {
  const content = Buffer.concat([PNG_HEAD, randomBytes(bytes - PNG_HEAD.byteLength)]);
  return { name, mediaType: 'image/png', content };
}

export async function uploadAll(by: SeraiClient, files: readonly NewAttachmentFile[]): Promise<string[]> {
  const ids: string[] = [];
  for (const file of files) ids.push(await by.uploadAttachment(file));
  return ids;
}

/** The attachments of a leg as one side sees them. */
export async function attachmentsOn(
  by: SeraiClient,
  legId: string,
): Promise<(LegAttachment & { envelopeId: string })[]> {
  const { messages } = await by.leg(legId);
  return messages.flatMap(({ envelopeId, attachments = [] }) => attachments.map((each) => ({ envelopeId, ...each })));
}

/** Every file in which an instance keeps attachments. */
export function storedAt({ constellation }: World, instance: string): string[] {
  const folder = constellation.founding.attachments(instance);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
}

/** The files in which the hub keeps an attachment, part by part. */
export async function partsAtHub(world: World, attachmentId: string): Promise<string[]> {
  const [row] = await query<{ blob: string }>(
    world,
    'hub',
    `select blob_id as blob from gateway.attachment where attachment_id = '${attachmentId}'`,
  );
  const parts = storedAt(world, 'gateway').filter((file) => path.basename(file).startsWith(`${row?.blob}.`));
  return parts.sort((one, other) => Number(one.split('.').at(-1)) - Number(other.split('.').at(-1)));
}
