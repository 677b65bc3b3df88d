import { stat } from 'node:fs/promises';
import path from 'node:path';
import { SmallDisk } from '#deploy/local';
import { openBlobStore, PART_BYTES, putPart } from '#libs/attachments';
import type { SeraiClient } from '#libs/client';
import { failOnLeaks } from '#libs/testing';
import { Housekeeping } from '../../../apps/access-point/src/housekeeping.js';
import type { OfficerClient } from './support/access-point.js';
import {
  attachmentThat,
  clientOf,
  filesOf,
  foreignAttachment,
  pictureOf,
  receiveAttached,
} from './support/attachment-scene.js';
import { FeedScene } from './support/feed-scene.js';
import { requestTo } from './support/request-body.js';

jest.setTimeout(60_000);

let scene: FeedScene;
let karim: OfficerClient;
let iq: SeraiClient;
let disk: SmallDisk | undefined;

beforeAll(async () => {
  scene = await FeedScene.set();
  ({ karim } = scene);
  iq = await clientOf(karim);
  disk = await SmallDisk.mount(scene.world.accessPoints.iq.attachments).catch((error: unknown) => {
    process.stderr.write(`LEFT OUT: a full disk of attachments (${String(error)})\n`);
    return undefined;
  });
});
afterEach(() => disk?.free());
afterAll(async () => {
  await disk?.unmount();
  await scene.world.end();
});
failOnLeaks();

const picture = (content: Buffer) => ({ name: 'a.png', mediaType: 'image/png', content }) as const;
/** Sizes of what lies in the folder; what is half written has a name that begins with a dot. */
async function stored(): Promise<{ sizes: number[]; unfinished: string[] }> {
  const files = await filesOf(scene.world.accessPoints.iq);
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return { sizes, unfinished: files.filter((file) => path.basename(file).startsWith('.')) };
}

/** Uploads where there is no room; resolves to the id of what was begun. */
async function uploadInVain(content: Buffer): Promise<string> {
  const before = new Set(await drafts());
  await expect(iq.uploadAttachment(picture(content))).rejects.toMatchObject({ code: 'ERR_STORAGE_FULL', status: 507 });
  const [begun = ''] = (await drafts()).filter((id) => !before.has(id));
  return begun;
}

async function drafts(): Promise<string[]> {
  const rows = await scene.world.accessPoints.iq.query<{ id: string }>(
    'select attachment_id as id from attachment_draft',
  );
  return rows.map(({ id }) => id);
}

async function offsetOf(attachmentId: string): Promise<number> {
  const url = `${await karim.at.url()}/v1/attachments/${attachmentId}`;
  const answer = await fetch(url, {
    method: 'HEAD',
    headers: { ...(await karim.headers()), 'tus-resumable': '1.0.0' },
  });
  return Number(answer.headers.get('upload-offset'));
}

/** Sends an upload with a request and reads what the hub got, as the sender's own officers see it. */
async function sentAndSaved(attachmentId: string): Promise<Buffer> {
  const { legs } = await iq.submitRequest({ ...requestTo(['rs']), attachments: [attachmentId] });
  const { legId, envelopeId } = legs[0]!;
  await iq.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
  return (await iq.downloadAttachment({ legId, envelopeId, attachmentId })).content;
}

describe('a disk of attachments that is full', () => {
  it('is told with 507; the upload goes on later where it was, and nothing half-written counts or stays', async () => {
    if (!disk) return;
    const file = pictureOf(3_000_000);
    await disk.fill(1_500_000);
    const attachmentId = await uploadInVain(file);
    expect(await offsetOf(attachmentId)).toBe(PART_BYTES);
    const { sizes, unfinished } = await stored();
    expect([sizes.length, unfinished]).toEqual([1, []]);

    await disk.free();
    await iq.uploadAttachment(picture(file), { attachmentId });
    expect((await sentAndSaved(attachmentId)).equals(file)).toBe(true);
  });

  it('in the middle of encrypting keeps no half of a ciphertext, and the room of it is for others', async () => {
    if (!disk) return;
    const before = (await stored()).sizes.length;
    const file = pictureOf(2_500_000);
    await disk.fill(4_000_000);
    const attachmentId = await uploadInVain(file);
    const { sizes, unfinished } = await stored();
    expect([sizes.length - before, unfinished]).toEqual([3, []]);
    await iq.uploadAttachment(picture(pictureOf(100_000)));

    await disk.free();
    expect(await offsetOf(attachmentId)).toBe(2 * PART_BYTES);
    await iq.uploadAttachment(picture(file), { attachmentId });
    expect((await sentAndSaved(attachmentId)).equals(file)).toBe(true);
  });

  it('holds up no message: neither one without attachments, nor the words of one whose attachment waits', async () => {
    if (!disk) return;
    const file = pictureOf(500_000);
    await disk.fill();
    const { legs } = await iq.submitRequest(requestTo(['rs']));
    await iq.waitForEnvelope(legs[0]!.envelopeId, { until: 'ACCEPTED' });
    const at = await receiveAttached(scene, await foreignAttachment(file));
    await attachmentThat(iq, at.legId, { state: 'WAITING', code: 'ERR_STORAGE_FULL', carried: 0 });
    expect((await iq.content(at.legId, at.envelopeId)).content).toMatchObject({
      attachments: [{ name: 'picture.png' }],
    });
    expect((await fetch(`${await karim.at.url()}/readyz`)).status).toBe(200);
    expect((await stored()).unfinished).toEqual([]);

    await disk.free();
    await attachmentThat(iq, at.legId, { state: 'READY' });
    expect((await iq.downloadAttachment(at)).content.equals(file)).toBe(true);
  });

  it('gets back what uploads left behind that nobody went on with, uncounted ciphertext too', async () => {
    if (!disk) return;
    const { iq: accessPoint } = scene.world.accessPoints;
    await disk.fill(1_500_000);
    const attachmentId = await uploadInVain(pictureOf(2_500_000));
    await disk.free();
    // As a process leaves it that was killed while it encrypted.
    const before = (await stored()).sizes.length;
    const [draft] = await accessPoint.query<{ blobId: string }>(
      `with expired as (
         update attachment_draft set expires_at = now() - interval '2 hours' where attachment_id = $1 returning blob_id
       )
       select blob_id as "blobId" from expired`,
      [attachmentId],
    );
    const store = await openBlobStore({ folder: accessPoint.attachments });
    for (const offset of [0, PART_BYTES]) await putPart(store, draft!.blobId, offset, Buffer.alloc(100));
    await accessPoint.instance.get(Housekeeping).tidy();
    expect((await stored()).sizes.length).toBe(before - 1);
    expect(await drafts()).not.toContain(attachmentId);
  });
});
