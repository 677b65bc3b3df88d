import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { Cast, DEMO_REQUEST } from '#deploy/local';
import type { NewAttachmentFile, SeraiClient } from '#libs/client';
import { GATEWAY_API } from '#libs/contracts';
import { eventually } from '#libs/testing';
import { attachmentsOn, partsAtHub, pictureOf, storedAt, uploadAll } from './support/attachments.js';
import { callGateway } from './support/hub.js';
import { refusedAtOnce } from './support/refusal.js';
import type { World } from './support/world.js';

const MB = 1_000_000;
const PART_BYTES = 1_048_576;
const TO_IRAQ = { ...DEMO_REQUEST, recipients: DEMO_REQUEST.recipients.slice(0, 1) };

/** What somebody with access to the hub's storage could do to the parts of an attachment. */
const TAMPERING: Readonly<Record<string, (parts: readonly string[]) => void>> = {
  'a changed byte': ([first = '']) => {
    const bytes = readFileSync(first);
    bytes[500_000]! ^= 1;
    writeFileSync(first, bytes);
  },
  'two parts in each other’s place': ([first = '', second = '']) => {
    const [one, other] = [readFileSync(first), readFileSync(second)];
    writeFileSync(first, other);
    writeFileSync(second, one);
  },
  'an end that is cut off': (parts) => truncateSync(parts.at(-1) ?? '', 10),
};

/** Files that go with a request, from an officer of one country to an officer of another. */
export function attachmentsSuite(world: () => World): void {
  let rs: SeraiClient;
  let iq: SeraiClient;
  beforeAll(() => {
    const cast = world().cast();
    [rs, iq] = [cast.officer('rs.liaison'), cast.officer('iq.duty')];
  });

  async function send(files: readonly NewAttachmentFile[]) {
    const attachments = await uploadAll(rs, files);
    const { legs } = await rs.submitRequest({ ...TO_IRAQ, attachments });
    const [{ legId = '', envelopeId = '' } = {}] = legs;
    await rs.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    return { legId, envelopeId, attachments };
  }

  const allHere = (legId: string) =>
    eventually(
      async () => {
        const states = (await attachmentsOn(iq, legId)).map(({ state }) => state);
        expect(states.length > 0 && states.every((state) => state === 'READY')).toBe(true);
      },
      { timeoutMs: 60_000 },
    );

  it('arrive byte for byte, several of them, one of ten megabytes; the hub keeps nothing that it could read', async () => {
    const text = Buffer.from('Забелешка (Xyloattached)\n');
    const files: readonly NewAttachmentFile[] = [
      { name: 'Белешка Xyloname.txt', mediaType: 'text/plain', content: text },
      pictureOf(10 * MB),
      pictureOf(PART_BYTES + 1, 'Слика.png'),
    ];
    const { legId, envelopeId, attachments } = await send(files);
    await allHere(legId);
    expect((await attachmentsOn(iq, legId)).map(({ attachmentId }) => attachmentId).sort()).toEqual(
      [...attachments].sort(),
    );
    for (const [index, attachmentId] of attachments.entries()) {
      const { name, mediaType, content } = await iq.downloadAttachment({ legId, envelopeId, attachmentId });
      const sent = files[index]!;
      expect([name, mediaType, content.equals(sent.content)]).toEqual([sent.name, sent.mediaType, true]);
    }
    const traces = [text, Buffer.from('Xyloname'), Buffer.from(files[1]!.content.subarray(5 * MB, 5 * MB + 32))];
    for (const instance of ['gateway', 'access-point-rs', 'access-point-iq']) {
      const stored = storedAt(world(), instance);
      expect(stored.length).toBeGreaterThan(2);
      const open = stored.filter((file) => traces.some((trace) => readFileSync(file).includes(trace)));
      expect([instance, open]).toEqual([instance, []]);
    }
  });

  it('go on where they were when the access point is killed in the middle of an upload', async () => {
    const file = pictureOf(6 * MB);
    const { constellation } = world();
    let restarted: Promise<void> | undefined;
    const carriedAt: number[] = [];
    const upload = rs.uploadAttachment(file, {
      onProgress: (carried) => {
        carriedAt.push(carried);
        if (carried < 3 * PART_BYTES) return;
        restarted ??= constellation.kill('access-point-rs').then(() => constellation.restart('access-point-rs'));
      },
    });
    const attachmentId = await upload;
    await restarted;
    // It went back to what had been made durable, and not to the beginning.
    const back = carriedAt.find((carried, index) => carried < (carriedAt[index - 1] ?? 0));
    expect(back).toBeGreaterThanOrEqual(PART_BYTES);
    const { legs } = await rs.submitRequest({ ...TO_IRAQ, attachments: [attachmentId] });
    const [{ legId = '', envelopeId = '' } = {}] = legs;
    await rs.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    await allHere(legId);
    const { content } = await iq.downloadAttachment({ legId, envelopeId, attachmentId });
    expect(content.equals(file.content)).toBe(true);
  });

  it('go to nobody else: not to an officer elsewhere, nor to an access point that shows the proof of another', async () => {
    const { legId, envelopeId, attachments } = await send([pictureOf(100)]);
    await allHere(legId);
    const [attachmentId = ''] = attachments;
    const at = { legId, envelopeId, attachmentId };
    const cast = world().cast();
    expect(await refusedAtOnce(cast.officer('tr.duty').downloadAttachment(at))).toBe('ERR_REQUEST_NOT_FOUND');
    expect(await refusedAtOnce(cast.officer('iq.liaison').downloadAttachment(at))).toBe('ERR_REQUEST_NOT_FOUND');
    const { event, envelope } = await iq.proof(legId, envelopeId);
    const path = GATEWAY_API.fetchAttachment.path.replace('{attachmentId}', attachmentId);
    const fetched = (participant: string) =>
      callGateway(world(), participant, path, JSON.stringify({ event, envelope }));
    expect((await fetched('iq')).status).toBe(200);
    const stranger = await fetched('tr');
    expect([stranger.status, JSON.parse(stranger.answer).code]).toEqual([403, 'ERR_ENVELOPE_AUDIENCE']);
  });

  it('that were touched in the storage of the hub are shown to nobody, and arrive once they are whole again', async () => {
    const { constellation } = world();
    await constellation.kill('access-point-iq');
    const names = [...Object.keys(TAMPERING), 'untouched'];
    const files = names.map((name) => pictureOf(2 * MB, `${name}.png`));
    const { legId, envelopeId, attachments } = await send(files);
    const whole = new Map<string, Buffer>();
    for (const [index, tamper] of Object.values(TAMPERING).entries()) {
      const parts = await partsAtHub(world(), attachments[index] ?? '');
      expect(parts).toHaveLength(2);
      for (const part of parts) whole.set(part, readFileSync(part));
      tamper(parts);
    }
    await constellation.restart('access-point-iq');
    const stateOf = async (name: string) =>
      (await attachmentsOn(iq, legId)).find(({ attachmentId }) => attachmentId === attachments[names.indexOf(name)]);
    await eventually(async () => expect(await stateOf('untouched')).toMatchObject({ state: 'READY' }), {
      timeoutMs: 60_000,
    });
    const impatient = new Cast(world().community, 0).officer('iq.duty');
    for (const name of Object.keys(TAMPERING)) {
      await eventually(async () => expect((await stateOf(name))?.code).toMatch(/MISMATCH|UNAVAILABLE/), {
        timeoutMs: 60_000,
      });
      const attachmentId = attachments[names.indexOf(name)] ?? '';
      expect(await refusedAtOnce(impatient.downloadAttachment({ legId, envelopeId, attachmentId }))).toMatch(
        /MISMATCH|UNAVAILABLE|NOT_HERE/,
      );
    }
    for (const [part, bytes] of whole) writeFileSync(part, bytes);
    await allHere(legId);
    for (const [index, attachmentId] of attachments.entries()) {
      const { content } = await iq.downloadAttachment({ legId, envelopeId, attachmentId });
      expect(content.equals(files[index]!.content)).toBe(true);
    }
  });

  it('are refused in a sentence when they are more than ten, or larger than ten megabytes', async () => {
    const tooLarge = await rs.uploadAttachment(pictureOf(10 * MB + 1)).catch((error: unknown) => error);
    expect(tooLarge).toMatchObject({ code: 'ERR_ATTACHMENT_TOO_LARGE', message: expect.stringMatching(/larger/) });
    const attachments = await uploadAll(
      rs,
      Array.from({ length: 11 }, () => pictureOf(100)),
    );
    const eleven = await rs.submitRequest({ ...TO_IRAQ, attachments }).catch((error: unknown) => error);
    expect(eleven).toMatchObject({
      code: 'ERR_REQUEST_INVALID',
      fields: [{ path: 'attachments', message: expect.stringMatching(/10/) }],
    });
    await rs.submitRequest({ ...TO_IRAQ, attachments: attachments.slice(0, 10) });
  });
}
