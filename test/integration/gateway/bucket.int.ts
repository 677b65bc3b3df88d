import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PART_BYTES } from '#libs/attachments';
import { failOnLeaks } from '#libs/testing';
import { AttachmentPruner } from '../../../apps/gateway/src/attachment/attachment-pruner.js';
import { S3Server } from '../attachments/s3/s3-server.js';
import { TcpProxy } from '../tcp-proxy.js';
import { AttachmentScene, ciphertextOf } from './attachment-scene.js';
import { GatewayWorld, untilReady } from './gateway-world.js';

// Two instances of the gateway that share a bucket of a real S3-compatible service.

jest.setTimeout(60_000);

let world: GatewayWorld;
let server: S3Server | undefined;
let way: TcpProxy | undefined;
let gateways: NestFastifyApplication[] = [];
let scenes: [AttachmentScene, AttachmentScene] | undefined;

beforeAll(async () => {
  [world, server] = [await GatewayWorld.begin(), await S3Server.start()];
  if (!server) return;
  way = await TcpProxy.to('127.0.0.1', Number(new URL(server.place.endpoint).port));
  const place = { ...server.place, endpoint: `http://127.0.0.1:${way.port}` };
  const begin = async () => {
    const gateway = await world.another({}, { place, days: 90 });
    gateways = [...gateways, gateway];
    await untilReady(gateway);
    return new AttachmentScene(world, gateway);
  };
  scenes = [await begin(), await begin()];
}, 120_000);
afterAll(async () => {
  for (const gateway of gateways) await gateway.close();
  await way?.close();
  await server?.stop();
  await world.end();
}, 60_000);
failOnLeaks();

async function expireSince(attachmentId: string, since: string): Promise<void> {
  const sql = 'update attachment set expires_at = now() - $2::interval where attachment_id = $1';
  await world.database.dataSource.query(sql, [attachmentId, since]);
}

it('an upload that was cut off is gone on with at the other instance, and either one hands it out', async () => {
  if (!scenes || !way) return;
  const [one, other] = scenes;
  const ciphertext = ciphertextOf(3 * PART_BYTES + 500);
  const cut = one.upload('iq', ciphertext, {
    chunkSize: PART_BYTES,
    onChunkComplete: (_size, carried) => {
      if (carried === 2 * PART_BYTES) way?.cut();
    },
  });
  await expect(cut).rejects.toThrow(/503.*ERR_STORAGE_UNAVAILABLE/s);
  expect(await other.offsetOf('iq', ciphertext)).toBe(2 * PART_BYTES);
  way.restore();
  await other.upload('iq', ciphertext);
  const message = await one.answer('iq', 'rs', [ciphertext]);
  const proof = { event: await one.accepted(message, ['iq', 'rs']), envelope: message.jws };
  for (const scene of scenes) {
    const answer = await scene.fetch('rs', ciphertext.attachmentId, proof);
    expect(answer.rawPayload.equals(ciphertext.content)).toBe(true);
  }
});

it('bytes with another hash than was said are taken out of the bucket again', async () => {
  if (!scenes || !server) return;
  const before = await server.names();
  const lie = { ...ciphertextOf(2 * PART_BYTES), sha256: ciphertextOf(1).sha256 };
  await expect(scenes[0].upload('iq', lie)).rejects.toThrow(/ERR_ATTACHMENT_MISMATCH/);
  expect(await server.names()).toEqual(before);
});

it('half of an upload is taken out when its time is over, but not while a call that came in before may be writing', async () => {
  if (!scenes || !server) return;
  const before = await server.names();
  const half = ciphertextOf(3 * PART_BYTES);
  const onChunkComplete = (_size: number, carried: number) => {
    if (carried === PART_BYTES) throw new Error('cut off');
  };
  await expect(scenes[0].upload('iq', half, { chunkSize: PART_BYTES, onChunkComplete })).rejects.toThrow('cut off');
  const prune = () => Promise.all(gateways.map((gateway) => gateway.get(AttachmentPruner).prune()));
  await expireSince(half.attachmentId, '1 minute');
  await prune();
  expect(await scenes[1].offsetOf('iq', half)).toBeUndefined();
  expect(await server.names()).toHaveLength(before.length + 1);
  await expireSince(half.attachmentId, '1 hour');
  await prune();
  expect(await server.names()).toEqual(before);
});

it('goes unharmed when the bytes cannot be forgotten now: the row that knows them stays', async () => {
  if (!scenes || !server || !way) return;
  const ciphertext = ciphertextOf(10);
  await scenes[0].upload('iq', ciphertext);
  const before = await server.names();
  await expireSince(ciphertext.attachmentId, '1 hour');
  way.cut();
  await expect(gateways[0]?.get(AttachmentPruner).prune()).rejects.toMatchObject({ code: 'ERR_STORAGE_UNAVAILABLE' });
  way.restore();
  expect(await server.names()).toEqual(before);
  await gateways[1]?.get(AttachmentPruner).prune();
  expect((await server.names()).length).toBe(before.length - 1);
});
