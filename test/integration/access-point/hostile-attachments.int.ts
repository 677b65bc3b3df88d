import type { SeraiClient } from '#libs/client';
import { eventually, failOnLeaks } from '#libs/testing';
import { attachmentThat, clientOf, foreignAttachment, pictureOf, receiveAttached } from './support/attachment-scene.js';
import { FeedScene } from './support/feed-scene.js';
import { requestTo } from './support/request-body.js';

jest.setTimeout(60_000);

let scene: FeedScene;
let iq: SeraiClient;
beforeAll(async () => {
  scene = await FeedScene.set();
  iq = await clientOf(scene.karim);
});
afterAll(() => scene.world.end());
failOnLeaks();

type Attached = Awaited<ReturnType<typeof foreignAttachment>>;
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no refusal',
    (error: { code?: string }) => error.code,
  );

const receive = (attached: Attached, secrets?: Attached['secret'][]) => receiveAttached(scene, attached, secrets);

function flipped(honest: Buffer): Buffer {
  const copy = Buffer.from(honest);
  copy[Math.floor(copy.byteLength / 2)]! ^= 1;
  return copy;
}

describe('a hub that hands out something else', () => {
  const other = pictureOf(2_500_000);

  it.each<[string, (honest: Buffer) => Buffer]>([
    ['with a changed byte', flipped],
    ['without its end', (honest) => honest.subarray(0, -70_000)],
    ['with more at its end', (honest) => Buffer.concat([honest, Buffer.alloc(70_000)])],
    ['of the same size, another file', (honest) => other.subarray(0, honest.byteLength)],
    [
      'with two segments exchanged',
      (h) => Buffer.concat([h.subarray(65_536, 131_072), h.subarray(0, 65_536), h.subarray(131_072)]),
    ],
    ['empty', () => Buffer.alloc(0)],
  ])('is found out: %s; nothing of it is shown, and the right bytes are taken later', async (_, lie) => {
    const { attachments } = scene.world.hub;
    attachments.serve = lie;
    const file = pictureOf(2_300_000);
    const at = await receive(await foreignAttachment(file));
    await attachmentThat(iq, at.legId, { state: 'WAITING', code: 'ERR_ATTACHMENT_MISMATCH' });
    expect(await codeOf(iq.downloadAttachment(at))).toBe('ERR_ATTACHMENT_MISMATCH');
    attachments.serve = (honest) => honest;
    await attachmentThat(iq, at.legId, { state: 'READY' });
    expect((await iq.downloadAttachment(at)).content.equals(file)).toBe(true);
  });

  it('is asked again less and less often, also when it sends all of something wrong each time', async () => {
    const { attachments } = scene.world.hub;
    attachments.serve = flipped;
    const { attachmentId } = await receive(await foreignAttachment(pictureOf(2_300_000)));
    const sql = 'select attempts from attachment where attachment_id = $1';
    await eventually(
      async () => {
        const [row] = await scene.world.accessPoints.iq.query<{ attempts: number }>(sql, [attachmentId]);
        expect(row?.attempts).toBeGreaterThan(2);
      },
      { timeoutMs: 20_000 },
    );
    attachments.serve = (honest) => honest;
  });

  it('is told of as such when it has lost the bytes', async () => {
    const attached = await foreignAttachment(pictureOf(100));
    const at = await receive(attached);
    await attachmentThat(iq, at.legId, { state: 'READY' });
    const lost = await foreignAttachment(pictureOf(100));
    const envelope = await scene.serbia.request({
      content: { ...requestTo(['iq']).content, attachments: [lost.secret] },
      attachments: [lost.reference],
    });
    await scene.world.hub.services.decide(envelope);
    await attachmentThat(iq, envelope.event.subject, { state: 'REFUSED', code: 'ERR_ATTACHMENT_EXPIRED' });
  });
});

describe('a sender that lies', () => {
  const file = pictureOf(200_000);

  it.each<[string, string, () => Promise<Attached>]>([
    ['about the type', 'ERR_ATTACHMENT_TYPE', () => foreignAttachment(file, { mediaType: 'application/pdf' })],
    ['that a program is a picture', 'ERR_ATTACHMENT_TYPE', () => foreignAttachment(Buffer.from('MZ\0\0\0'))],
    ['about the size', 'ERR_ATTACHMENT_MISMATCH', () => foreignAttachment(file, { bytes: 199_999 })],
    [
      'about the key',
      'ERR_ATTACHMENT_CORRUPT',
      () => foreignAttachment(file, { key: Buffer.alloc(32, 7).toString('base64url') }),
    ],
    [
      'and passes the bytes of another attachment off as this one',
      'ERR_ATTACHMENT_CORRUPT',
      async () => {
        const [one, two] = [await foreignAttachment(file), await foreignAttachment(file)];
        const { attachmentId } = two.reference;
        return {
          content: one.content,
          reference: { ...one.reference, attachmentId },
          secret: { ...one.secret, attachmentId },
        };
      },
    ],
  ])('%s is found out before anybody may open it: %s', async (_, code, make) => {
    const at = await receive(await make());
    await attachmentThat(iq, at.legId, { state: 'REFUSED', code });
    expect(await codeOf(iq.downloadAttachment(at))).toBe(code);
  });

  it('about the hash is found out: what the hub has is not what was signed', async () => {
    const attached = await foreignAttachment(file);
    const sha256 = (await foreignAttachment(file)).reference.sha256;
    const at = await receive({ ...attached, reference: { ...attached.reference, sha256 } });
    await attachmentThat(iq, at.legId, { state: 'WAITING', code: 'ERR_ATTACHMENT_MISMATCH' });
    expect(await codeOf(iq.downloadAttachment(at))).toBe('ERR_ATTACHMENT_MISMATCH');
  });

  it('and names an attachment without a key to it, is found out; the request itself stands', async () => {
    const attached = await foreignAttachment(file);
    const at = await receive(attached, []);
    await attachmentThat(iq, at.legId, { state: 'REFUSED', code: 'ERR_ATTACHMENT_MISMATCH' });
    expect((await iq.content(at.legId, at.envelopeId)).content).toMatchObject({ language: 'en' });
  });
});
