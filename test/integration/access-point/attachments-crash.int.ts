import { createHash } from 'node:crypto';
import { Upload } from 'tus-js-client';
import { PART_BYTES } from '#libs/attachments';
import { eventually, failOnLeaks } from '#libs/testing';
import type { OfficerClient } from './support/access-point.js';
import { attachmentThat, clientOf, pictureOf } from './support/attachment-scene.js';
import type { HubDouble } from './support/hub-double.js';
import { ProcessScene } from './support/process-scene.js';
import { requestTo } from './support/request-body.js';

jest.setTimeout(60_000);

let scene: ProcessScene;
let hub: HubDouble;
let milica: OfficerClient;

beforeAll(async () => {
  scene = await ProcessScene.set();
  ({ hub, milica } = scene);
});
afterAll(() => scene.end());
failOnLeaks();

/** Uploads until so many bytes are acknowledged, kills the process, and resolves to the id of what was begun. */
async function uploadUntilKilled(content: Buffer, acknowledged: number): Promise<string> {
  const headers = await milica.headers();
  const { promise, resolve } = Promise.withResolvers<string>();
  const upload = new Upload(content, {
    endpoint: `${scene.address}/v1/attachments`,
    metadata: { filename: 'a.png', filetype: 'image/png' },
    chunkSize: PART_BYTES,
    retryDelays: null,
    headers,
    onChunkComplete: (_size, carried) => {
      if (carried >= acknowledged) void scene.current.kill().then(() => resolve(upload.url!.split('/').at(-1)!));
    },
    onError: () => undefined,
  });
  upload.start();
  return promise;
}

describe('an access point that is killed', () => {
  const content = pictureOf(4_500_000);
  let attachmentId: string;

  it('while an officer uploads, goes on behind what it had acknowledged', async () => {
    await scene.serve();
    attachmentId = await uploadUntilKilled(content, 2 * PART_BYTES);
    await scene.serve();
    const head = await fetch(`${scene.address}/v1/attachments/${attachmentId}`, {
      method: 'HEAD',
      headers: { ...(await milica.headers()), 'tus-resumable': '1.0.0' },
    });
    expect(Number(head.headers.get('upload-offset'))).toBeGreaterThanOrEqual(2 * PART_BYTES);
    expect(Number(head.headers.get('upload-length'))).toBe(content.byteLength);
    const client = await clientOf(milica);
    await client.uploadAttachment({ name: 'a.png', mediaType: 'image/png', content }, { attachmentId });
  });

  it('while it carries the ciphertext to the hub, brings all of it, once, and then the message', async () => {
    const handle = hub.attachments.handle.bind(hub.attachments);
    let patches = 0;
    hub.attachments.handle = async (owner, request, response) => {
      if (request.method === 'PATCH' && ++patches === 3) return void (await scene.current.kill());
      return handle(owner, request, response);
    };
    const { legs } = await (await clientOf(milica)).submitRequest({
      ...requestTo(['iq']),
      attachments: [attachmentId],
    });
    const { legId, envelopeId } = legs[0]!;
    await eventually(() => expect(patches).toBe(3), { timeoutMs: 20_000 });
    await scene.current.ended;
    expect(hub.taken).toEqual([]);
    await scene.serve();
    const client = await clientOf(milica);
    await client.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    expect(await attachmentThat(client, legId, { state: 'READY' })).toMatchObject({ attachmentId });
    expect(hub.attachments.contents).toHaveLength(1);
    const [{ header }] = hub.taken.map(({ event }) => event.data) as [
      { header: { attachments: { sha256: string }[] } },
    ];
    const sha256 = createHash('sha256').update(hub.attachments.contents[0]!).digest('base64url');
    expect(header.attachments).toEqual([expect.objectContaining({ attachmentId, sha256 })]);
    const saved = await client.downloadAttachment({ legId, envelopeId, attachmentId });
    expect(saved.content.equals(content)).toBe(true);
  });
});
