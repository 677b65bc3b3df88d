import { createHash } from 'node:crypto';
import { Upload } from 'tus-js-client';
import { PART_BYTES } from '#libs/attachments';
import { eventually, failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { databaseSettings } from '../../../apps/access-point/src/database/database-settings.js';
import { OfficerClient } from './support/access-point.js';
import { AccessPointProcess, Premises } from './support/access-point-process.js';
import { attachmentThat, clientOf, pictureOf } from './support/attachment-scene.js';
import { Community, deskOf } from './support/community.js';
import { HubDouble } from './support/hub-double.js';
import { IdentityDouble } from './support/identity-double.js';
import { requestTo } from './support/request-body.js';

jest.setTimeout(60_000);

let hub: HubDouble;
let idp: IdentityDouble;
let database: TestDatabase;
let premises: Premises;
const started: AccessPointProcess[] = [];
let address: string;
let milica: OfficerClient;

beforeAll(async () => {
  const community = await Community.found();
  hub = await new HubDouble(community).start();
  idp = await new IdentityDouble().start();
  database = await testDatabase(databaseSettings(''));
  premises = await Premises.furnish('rs', { community, hub, idp }, database);
  const at = { member: 'rs', idp, url: async () => address } as const;
  milica = new OfficerClient(at, ['LIAISON_OFFICER'], deskOf('rs', 'liaison'), 'rs.liaison');
});
afterAll(async () => {
  for (const process of started) await process.kill();
  await hub.stop();
  await idp.stop();
  await database.drop();
  await premises.clear();
});
failOnLeaks();

async function start(): Promise<void> {
  const process = new AccessPointProcess('main', premises.environment);
  started.push(process);
  address = await process.ready();
}

/** Uploads until so many bytes are acknowledged, kills the process, and resolves to the id of what was begun. */
async function uploadUntilKilled(content: Buffer, acknowledged: number): Promise<string> {
  const headers = await milica.headers();
  const { promise, resolve } = Promise.withResolvers<string>();
  const upload = new Upload(content, {
    endpoint: `${address}/v1/attachments`,
    metadata: { filename: 'a.png', filetype: 'image/png' },
    chunkSize: PART_BYTES,
    retryDelays: null,
    headers,
    onChunkComplete: (_size, carried) => {
      if (carried >= acknowledged)
        void started
          .at(-1)!
          .kill()
          .then(() => resolve(upload.url!.split('/').at(-1)!));
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
    await start();
    attachmentId = await uploadUntilKilled(content, 2 * PART_BYTES);
    await start();
    const head = await fetch(`${address}/v1/attachments/${attachmentId}`, {
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
      if (request.method === 'PATCH' && ++patches === 3) return void (await started.at(-1)!.kill());
      return handle(owner, request, response);
    };
    const { legs } = await (await clientOf(milica)).submitRequest({
      ...requestTo(['iq']),
      attachments: [attachmentId],
    });
    const { legId, envelopeId } = legs[0]!;
    await eventually(() => expect(patches).toBe(3), { timeoutMs: 20_000 });
    await started.at(-1)!.ended;
    expect(hub.taken).toEqual([]);
    await start();
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
