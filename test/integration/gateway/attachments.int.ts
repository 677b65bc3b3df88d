import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { PART_BYTES } from '#libs/attachments';
import { MAX_ATTACHMENT_CIPHERTEXT_BYTES } from '#libs/contracts';
import { failOnLeaks } from '#libs/testing';
import { AttachmentPruner } from '../../../apps/gateway/src/attachment/attachment-pruner.js';
import { AttachmentScene, ciphertextOf, referenceOf } from './attachment-scene.js';
import { GatewayWorld, untilReady } from './gateway-world.js';

let world: GatewayWorld;
let scene: AttachmentScene;
beforeAll(async () => {
  world = await GatewayWorld.begin();
  scene = new AttachmentScene(world);
}, 60_000);
afterAll(() => world?.end(), 30_000);
failOnLeaks();

const MB = 1_000_000;
const metadataOf = (attachment: string, sha256: string) =>
  `attachment ${Buffer.from(attachment).toString('base64')},sha256 ${Buffer.from(sha256).toString('base64')}`;
const codeOf = (answer: { body: string }) => (JSON.parse(answer.body) as { code: string }).code;

async function setExpiry(attachmentId: string, at: string): Promise<void> {
  const sql = 'update attachment set expires_at = $2 where attachment_id = $1';
  await world.database.dataSource.query(sql, [attachmentId, at]);
}

describe('uploading', () => {
  it('takes a ciphertext of the largest size, with progress, and says with HEAD that it is whole', async () => {
    const ciphertext = ciphertextOf(MAX_ATTACHMENT_CIPHERTEXT_BYTES);
    const progress: number[] = [];
    await scene.upload('rs', ciphertext, { onProgress: (sent) => progress.push(sent) });
    expect(progress.at(-1)).toBe(ciphertext.bytes);
    expect(await scene.offsetOf('rs', ciphertext)).toBe(ciphertext.bytes);
  });

  it('goes on after a cut where the last whole part ended, and the bytes are right in the end', async () => {
    const ciphertext = ciphertextOf(3 * MB);
    const begun = await scene.call('rs', 'POST', '/v1/attachments', {
      'upload-length': String(ciphertext.bytes),
      'upload-metadata': metadataOf(ciphertext.attachmentId, ciphertext.sha256),
    });
    expect([begun.statusCode, begun.headers['location']]).toEqual([201, `/v1/attachments/${ciphertext.attachmentId}`]);
    const patch = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
    const url = `/v1/attachments/${ciphertext.attachmentId}`;
    const sent = await scene.call('rs', 'PATCH', url, patch, ciphertext.content.subarray(0, PART_BYTES + 5_000));
    expect([sent.statusCode, sent.headers['upload-offset']]).toEqual([204, String(PART_BYTES)]);
    await scene.upload('rs', ciphertext);
    expect(await scene.offsetOf('rs', ciphertext)).toBe(ciphertext.bytes);
  });

  it('is gone on with by another instance of the gateway', async () => {
    const ciphertext = ciphertextOf(2 * MB);
    const abort = new Promise<void>((resolve) => {
      void scene
        .upload('rs', ciphertext, {
          chunkSize: PART_BYTES,
          onChunkComplete: () => resolve(),
          onBeforeRequest: async (request) => {
            if (Number(request.getHeader('Upload-Offset')) > 0) throw new Error('cut off');
            request.setHeader('authorization', await world.community.authorization('rs', 'gateway'));
          },
        })
        .catch(() => undefined);
    });
    await abort;
    const other = await world.another({});
    try {
      await untilReady(other);
      await new AttachmentScene(world, other).upload('rs', ciphertext);
    } finally {
      await other.close();
    }
    expect(await scene.offsetOf('rs', ciphertext)).toBe(ciphertext.bytes);
  });

  it('refuses bytes with another hash than was said, and forgets them', async () => {
    const ciphertext = ciphertextOf(MB);
    const lie = { ...ciphertext, sha256: ciphertextOf(1).sha256 };
    await expect(scene.upload('rs', lie)).rejects.toThrow(/ERR_ATTACHMENT_MISMATCH/);
    expect(await scene.offsetOf('rs', ciphertext)).toBeUndefined();
    await scene.upload('rs', ciphertext);
  });

  it('refuses one that is too large, one of nothing, and more bytes than were announced', async () => {
    const { attachmentId, sha256 } = ciphertextOf(1);
    const begin = (length: string) =>
      scene.call('rs', 'POST', '/v1/attachments', {
        'upload-length': length,
        'upload-metadata': metadataOf(attachmentId, sha256),
      });
    expect(codeOf(await begin(String(MAX_ATTACHMENT_CIPHERTEXT_BYTES + 1)))).toBe('ERR_ATTACHMENT_TOO_LARGE');
    expect(codeOf(await begin('0'))).toBe('ERR_REQUEST_INVALID');
    expect((await begin('10')).statusCode).toBe(201);
    const patch = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
    const answer = await scene.call('rs', 'PATCH', `/v1/attachments/${attachmentId}`, patch, Buffer.alloc(11));
    expect([answer.statusCode, codeOf(answer)]).toEqual([413, 'ERR_ATTACHMENT_TOO_LARGE']);
    expect(await scene.offsetOf('rs', { attachmentId, sha256, bytes: 10 })).toBe(0);
  });

  it('refuses bytes that begin elsewhere than the upload goes on', async () => {
    const ciphertext = ciphertextOf(MB);
    await scene.upload('rs', ciphertext);
    const patch = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
    const url = `/v1/attachments/${ciphertext.attachmentId}`;
    const answer = await scene.call('rs', 'PATCH', url, patch, ciphertext.content);
    expect([answer.statusCode, codeOf(answer)]).toEqual([409, 'ERR_ATTACHMENT_OFFSET']);
  });

  it('keeps the uploads of two participants apart, also under one id', async () => {
    const mine = ciphertextOf(MB);
    const theirs = { ...ciphertextOf(2 * MB), attachmentId: mine.attachmentId };
    await scene.upload('rs', mine);
    expect(await scene.offsetOf('iq', mine)).toBeUndefined();
    await scene.upload('iq', theirs);
    expect([await scene.offsetOf('rs', mine), await scene.offsetOf('iq', theirs)]).toEqual([mine.bytes, theirs.bytes]);
  });

  it('refuses who does not say who it is, and what is no tus', async () => {
    const anonymous = await world.gateway.inject({ method: 'HEAD', url: '/v1/attachments/x' });
    expect(anonymous.statusCode).toBe(401);
    const plain = await scene.call('rs', 'POST', '/v1/attachments', { 'upload-length': '10' });
    expect([plain.statusCode, codeOf(plain)]).toEqual([422, 'ERR_REQUEST_INVALID']);
    const old = await scene.call('rs', 'POST', '/v1/attachments', { 'tus-resumable': '0.2.2', 'upload-length': '10' });
    expect(codeOf(old)).toBe('ERR_REQUEST_INVALID');
  });
});

describe('an envelope that names attachments', () => {
  it('is taken when its sender has uploaded them, and keeps them', async () => {
    const ciphertext = ciphertextOf(MB);
    await scene.upload('iq', ciphertext);
    await setExpiry(ciphertext.attachmentId, new Date(Date.now() + 60_000).toISOString());
    const message = await scene.answer('iq', 'rs', [ciphertext]);
    expect((await world.hand(message.jws, { as: 'iq' })).statusCode).toBe(202);
    const sql = 'select expires_at as "expiresAt" from attachment where attachment_id = $1';
    const [row] = await world.database.dataSource.query(sql, [ciphertext.attachmentId]);
    expect(row.expiresAt.getTime()).toBeGreaterThan(Date.now() + 80 * 86_400_000);
  });

  it("is refused when it names what is not here, not whole, another one's, or expired", async () => {
    const expect422 = async (as: string, named: Parameters<AttachmentScene['answer']>[2]) => {
      const message = await scene.answer(as, 'rs', named);
      await world.expectRefused(await world.hand(message.jws, { as }), 422, 'ERR_ATTACHMENT_UNKNOWN', as);
    };
    await expect422('iq', [ciphertextOf(MB)]);
    const half = ciphertextOf(3 * MB);
    await scene.call('iq', 'POST', '/v1/attachments', {
      'upload-length': String(half.bytes),
      'upload-metadata': metadataOf(half.attachmentId, half.sha256),
    });
    await expect422('iq', [half]);
    const whole = ciphertextOf(MB);
    await scene.upload('iq', whole);
    await expect422('tr', [whole]);
    await expect422('iq', [whole, ciphertextOf(MB)]);
    await setExpiry(whole.attachmentId, '2026-01-01T00:00:00Z');
    await expect422('iq', [whole]);
  });

  it.each(['sha256', 'bytes'] as const)('is refused when it lies about the %s', async (member) => {
    const ciphertext = ciphertextOf(MB);
    await scene.upload('iq', ciphertext);
    const lie = { ...referenceOf(ciphertext), [member]: ciphertextOf(MB + 1)[member] };
    const message = await scene.answer('iq', 'rs', [lie]);
    await world.expectRefused(await world.hand(message.jws, { as: 'iq' }), 422, 'ERR_ATTACHMENT_MISMATCH', 'iq');
  });

  it('is refused when it names one twice, or more than ten', async () => {
    const one = ciphertextOf(10);
    for (const named of [[one, one], Array.from({ length: 11 }, () => ciphertextOf(10))]) {
      const message = await scene.answer('iq', 'rs', named);
      await world.expectRefused(await world.hand(message.jws, { as: 'iq' }), 422, 'ERR_ENVELOPE_SCHEMA', 'iq');
    }
  });
});

describe('fetching', () => {
  async function sent() {
    const ciphertext = ciphertextOf(2 * MB);
    await scene.upload('iq', ciphertext);
    const message = await scene.answer('iq', 'rs', [ciphertext]);
    const event = await scene.accepted(message, ['iq', 'rs']);
    return { ciphertext, message, proof: { event, envelope: message.jws } };
  }

  it('gives each party the bytes as they came, from any place on, and never inline', async () => {
    const { ciphertext, proof } = await sent();
    for (const party of ['rs', 'iq']) {
      const answer = await scene.fetch(party, ciphertext.attachmentId, proof);
      expect(answer.statusCode).toBe(200);
      expect(answer.rawPayload.equals(ciphertext.content)).toBe(true);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/octet-stream',
        'content-length': String(ciphertext.bytes),
        'x-content-type-options': 'nosniff',
      });
    }
    const rest = await scene.fetch('rs', ciphertext.attachmentId, { ...proof, offset: PART_BYTES + 7 });
    expect(rest.rawPayload.equals(ciphertext.content.subarray(PART_BYTES + 7))).toBe(true);
    const beyond = await scene.fetch('rs', ciphertext.attachmentId, { ...proof, offset: ciphertext.bytes + 1 });
    expect(codeOf(beyond)).toBe('ERR_REQUEST_INVALID');
  });

  it('is refused to who is no party, also with the proof of one', async () => {
    const { ciphertext, proof } = await sent();
    const answer = await scene.fetch('tr', ciphertext.attachmentId, proof);
    expect([answer.statusCode, codeOf(answer)]).toEqual([403, 'ERR_ENVELOPE_AUDIENCE']);
  });

  it('is refused without an event of the requests service about this very message', async () => {
    const { ciphertext, message, proof } = await sent();
    const other = await sent();
    const byGateway = scene.accepted(message, ['iq', 'rs'], 'gateway');
    const cases: [{ event: string; envelope: string }, string][] = [
      [{ event: message.jws, envelope: message.jws }, 'ERR_ENVELOPE_SOURCE'],
      [{ event: await byGateway, envelope: message.jws }, 'ERR_ENVELOPE_SOURCE'],
      [{ event: proof.event, envelope: other.message.jws }, 'ERR_ENVELOPE_CAUSE'],
      [{ event: `${proof.event.slice(0, -8)}AAAAAAAA`, envelope: message.jws }, 'ERR_ENVELOPE_SIGNATURE'],
      [other.proof, 'ERR_REQUEST_NOT_FOUND'],
    ];
    for (const [shown, code] of cases) {
      expect(codeOf(await scene.fetch('rs', ciphertext.attachmentId, shown))).toBe(code);
    }
  });

  it('is over when the time is over; then the bytes go too', async () => {
    const { ciphertext, proof } = await sent();
    const before = (await scene.files()).length;
    await setExpiry(ciphertext.attachmentId, '2026-01-01T00:00:00Z');
    const answer = await scene.fetch('rs', ciphertext.attachmentId, proof);
    expect([answer.statusCode, codeOf(answer)]).toEqual([410, 'ERR_ATTACHMENT_EXPIRED']);
    await world.gateway.get(AttachmentPruner).prune();
    expect((await scene.files()).length).toBeLessThan(before);
    const sql = 'select 1 from attachment where attachment_id = $1';
    expect(await world.database.dataSource.query(sql, [ciphertext.attachmentId])).toEqual([]);
    expect((await scene.fetch('rs', ciphertext.attachmentId, proof)).statusCode).toBe(410);
  });
});

describe('a full disk', () => {
  const run = promisify(execFile);
  let folder: string;
  let isMounted = false;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'serai-full-'));
    isMounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]).then(
      () => true,
      () => false,
    );
    if (!isMounted) process.stderr.write('LEFT OUT: a full disk; this user may not mount a small file system.\n');
  });
  afterAll(async () => {
    if (isMounted) await run('umount', [folder]);
    await rm(folder, { recursive: true });
  });

  it('is told with 507, and the upload goes on where it was once there is room', async () => {
    if (!isMounted) return;
    const small = await world.another({}, { place: { folder }, days: 90 });
    try {
      await untilReady(small);
      const there = new AttachmentScene(world, small);
      const ciphertext = ciphertextOf(3 * MB);
      await expect(there.upload('rs', ciphertext)).rejects.toThrow(/507.*ERR_STORAGE_FULL/s);
      expect([PART_BYTES, 2 * PART_BYTES]).toContain(await there.offsetOf('rs', ciphertext));
      await run('mount', ['-o', 'remount,size=8m', folder]);
      await there.upload('rs', ciphertext);
      expect(await there.offsetOf('rs', ciphertext)).toBe(ciphertext.bytes);
    } finally {
      await small.close();
    }
  });
});
