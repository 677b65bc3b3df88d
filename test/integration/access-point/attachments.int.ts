import { readFile } from 'node:fs/promises';
import { v7 } from 'uuid';
import type { SeraiClient } from '#libs/client';
import type { LiveEvent } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import type { OfficerClient } from './support/access-point.js';
import { attachmentsOn, attachmentThat, changeByte, clientOf, filesOf, pictureOf } from './support/attachment-scene.js';
import { deskOf } from './support/community.js';
import { requestTo } from './support/request-body.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

let world: World<'rs' | 'iq'>;
let milica: OfficerClient;
let rs: SeraiClient;
let karim: OfficerClient;
let iq: SeraiClient;

beforeAll(async () => {
  world = await buildWorld(['rs', 'iq']);
  milica = world.accessPoints.rs.officer('LIAISON_OFFICER', deskOf('rs', 'liaison'));
  karim = world.accessPoints.iq.officer('NCC_DUTY_OFFICER');
  [rs, iq] = [await clientOf(milica), await clientOf(karim)];
});
afterAll(() => world.end());
failOnLeaks();

const NAME = 'Лична карта (planted).png';
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no refusal',
    (error: { code?: string }) => error.code,
  );

async function send(file = pictureOf(2_500_000), more: readonly string[] = []) {
  const attachmentId = await rs.uploadAttachment({ name: NAME, mediaType: 'image/png', content: file });
  const { legs } = await rs.submitRequest({ ...requestTo(['iq']), attachments: [attachmentId, ...more] });
  return { file, attachmentId, legId: legs[0]!.legId, envelopeId: legs[0]!.envelopeId };
}

describe('an attachment of a request', () => {
  it('is what its recipient saves, under its name and type, and is never shown in place', async () => {
    const progress: number[] = [];
    const file = pictureOf(2_500_000);
    const upload = { name: NAME, mediaType: 'image/png', content: file } as const;
    const attachmentId = await rs.uploadAttachment(upload, { onProgress: (carried) => progress.push(carried) });
    expect(progress.at(-1)).toBe(file.byteLength);
    const { legs } = await rs.submitRequest({ ...requestTo(['iq']), attachments: [attachmentId] });
    const { legId, envelopeId } = legs[0]!;
    await attachmentThat(iq, legId, { attachmentId, state: 'READY' });
    const { content } = await iq.content(legId, envelopeId);
    expect(content).toMatchObject({
      attachments: [{ attachmentId, name: NAME, mediaType: 'image/png', bytes: file.byteLength }],
    });
    expect(JSON.stringify(content)).not.toContain('"key"');
    const saved = await iq.downloadAttachment({ legId, envelopeId, attachmentId });
    expect(saved).toMatchObject({ name: NAME, mediaType: 'image/png' });
    expect(saved.content.equals(file)).toBe(true);
    const url = `${await karim.at.url()}/v1/legs/${legId}/messages/${envelopeId}/attachments/${attachmentId}`;
    const answer = await fetch(url, { headers: await karim.headers() });
    await answer.body?.cancel();
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; /);
    expect(answer.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('lies in clear nowhere: not at the hub, not in a file, not in a table, and its name neither', async () => {
    const file = pictureOf(1_500_000);
    const { legId } = await send(file);
    await attachmentThat(iq, legId, { state: 'READY' });
    const sample = file.subarray(700_000, 700_032);
    const files = [...(await filesOf(world.accessPoints.rs)), ...(await filesOf(world.accessPoints.iq))];
    const kept = [...world.hub.attachments.contents, ...(await Promise.all(files.map((name) => readFile(name))))];
    expect(kept.length).toBeGreaterThan(3);
    expect(kept.filter((bytes) => bytes.includes(sample))).toEqual([]);
    for (const accessPoint of Object.values(world.accessPoints)) {
      for (const table of [
        'attachment',
        'attachment_draft',
        'message',
        'idempotency_key',
        'live_event',
        'access_log',
      ]) {
        const [{ found } = { found: 0 }] = await accessPoint.query<{ found: number }>(
          `select count(*)::int as found from ${table} t where t::text like '%planted%'`,
        );
        expect([table, found]).toEqual([table, 0]);
      }
    }
  });

  it('is told by live events on its way, without what is secret of it', async () => {
    const stop = new AbortController();
    const seen: LiveEvent[] = [];
    const watching = (async () => {
      for await (const event of iq.events({ signal: stop.signal })) seen.push(event);
    })();
    const { legId, attachmentId } = await send(pictureOf(3_500_000));
    await attachmentThat(iq, legId, { state: 'READY' });
    await attachmentThat(rs, legId, { state: 'READY' });
    const stepsSeen = () => seen.flatMap((event) => (event.event === 'attachment.changed' ? [event.data] : []));
    await eventually(() => expect(stepsSeen().at(-1)).toMatchObject({ attachmentId, state: 'READY' }));
    stop.abort();
    await watching;
    const steps = stepsSeen();
    expect(steps.map(({ carried }) => carried)).toEqual([...steps.map(({ carried }) => carried)].sort((a, b) => a - b));
    expect(steps.length).toBeGreaterThan(2);
  });

  it('reaches every recipient of the request, as one upload', async () => {
    const before = world.hub.attachments.contents.length;
    const attachmentId = await rs.uploadAttachment({ name: 'a.png', mediaType: 'image/png', content: pictureOf(100) });
    const { legs } = await rs.submitRequest({ ...requestTo(['iq', 'tr']), attachments: [attachmentId] });
    for (const { envelopeId } of legs) await rs.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    expect(world.hub.attachments.contents.length).toBe(before + 1);
  });

  it('comes back with an answer', async () => {
    const { legId } = await send(pictureOf(100));
    await attachmentThat(iq, legId, { state: 'READY' });
    const text = Buffer.from('Записник; Nr. 12\n');
    const attachmentId = await iq.uploadAttachment({ name: 'zapisnik.txt', mediaType: 'text/plain', content: text });
    const items = [{ itemId: '1', result: 'NO_RECORD' as const, statements: [] }];
    const body = {
      final: true,
      language: 'en',
      handling: 'H1' as const,
      caveats: [],
      items,
      attachments: [attachmentId],
    };
    const { envelopeId } = await iq.respond(legId, body);
    await iq.waitForEnvelope(envelopeId, { until: 'ACCEPTED' });
    await rs.waitForLeg(legId, ({ messages }) =>
      messages.some((message) =>
        message.attachments?.some((each) => each.attachmentId === attachmentId && each.state === 'READY'),
      ),
    );
    expect((await rs.downloadAttachment({ legId, envelopeId, attachmentId })).content.equals(text)).toBe(true);
  });
});

describe('who may have it', () => {
  it('is an officer of the leg with desk and purpose, and every look and denial is logged', async () => {
    const { legId, envelopeId, attachmentId } = await send(pictureOf(100));
    await attachmentThat(iq, legId, { state: 'READY' });
    const stranger = world.accessPoints.iq.officer('LIAISON_OFFICER', deskOf('iq', 'liaison'), 'stranger');
    const at = { legId, envelopeId, attachmentId };
    expect(await codeOf((await clientOf(stranger)).downloadAttachment(at))).toBe('ERR_REQUEST_NOT_FOUND');
    const auditor = world.accessPoints.iq.officer('AUDITOR');
    expect(await codeOf((await clientOf(auditor)).downloadAttachment(at))).toBe('ERR_OFFICER_FORBIDDEN');
    expect(await codeOf(iq.acting({ purpose: undefined }).downloadAttachment(at))).toBe('ERR_OFFICER_NO_PURPOSE');
    expect(await codeOf(iq.downloadAttachment({ ...at, attachmentId: v7() }))).toBe('ERR_REQUEST_NOT_FOUND');
    await iq.downloadAttachment(at);
    const log = await world.accessPoints.iq.query(
      'select action, subject, purpose, operation from access_log where attachment_id = $1 order by at',
      [attachmentId],
    );
    const operation = 'downloadAttachment';
    expect(log).toEqual([
      { action: 'DENIED', subject: stranger.subject, purpose: 'INVESTIGATION', operation },
      { action: 'DENIED', subject: auditor.subject, purpose: 'INVESTIGATION', operation },
      { action: 'DENIED', subject: karim.subject, purpose: null, operation },
      { action: 'CONSULTED', subject: karim.subject, purpose: 'INVESTIGATION', operation },
    ]);
  });

  it('is nobody any more when the key of its message was destroyed', async () => {
    const { legId, envelopeId, attachmentId } = await send(pictureOf(100));
    await attachmentThat(iq, legId, { state: 'READY' });
    await world.accessPoints.iq.query('delete from content_key where record_id = $1', [envelopeId]);
    expect(await codeOf(iq.downloadAttachment({ legId, envelopeId, attachmentId }))).toBe('ERR_CONTENT_ERASED');
  });

  it('is told before any byte when the stored ciphertext was changed', async () => {
    const { legId, envelopeId, attachmentId } = await send(pictureOf(1_500_000));
    await attachmentThat(iq, legId, { state: 'READY' });
    const [row] = await world.accessPoints.iq.query<{ blob: string }>(
      'select blob_id as blob from attachment where attachment_id = $1',
      [attachmentId],
    );
    const parts = (await filesOf(world.accessPoints.iq)).filter((file) => file.includes(row!.blob));
    expect(parts).toHaveLength(2);
    await changeByte(parts[1]!);
    expect(await codeOf(iq.downloadAttachment({ legId, envelopeId, attachmentId }))).toBe('ERR_ATTACHMENT_MISMATCH');
  });
});

describe('an upload', () => {
  const png = { name: 'a.png', mediaType: 'image/png' } as const;

  it('is refused when its bytes are of another type than was said, or of none that may be attached', async () => {
    const program = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(500)]);
    const cases = [
      { name: 'a.pdf', mediaType: 'application/pdf', content: program },
      { name: 'a.png', mediaType: 'image/png', content: Buffer.from('plain text') },
      { name: 'a.txt', mediaType: 'text/plain', content: pictureOf(100) },
      { name: 'a.exe', mediaType: 'application/x-msdownload' as 'text/plain', content: program },
    ] as const;
    for (const file of cases) expect(await codeOf(rs.uploadAttachment(file))).toBe('ERR_ATTACHMENT_TYPE');
  });

  it('is refused when it is larger than 10 MB, and with a path for a name', async () => {
    expect(await codeOf(rs.uploadAttachment({ ...png, content: pictureOf(10_000_001) }))).toBe(
      'ERR_ATTACHMENT_TOO_LARGE',
    );
    const named = { ...png, name: '../../etc/passwd', content: pictureOf(100) };
    expect(await codeOf(rs.uploadAttachment(named))).toBe('ERR_REQUEST_INVALID');
  });

  it('of the largest size passes', async () => {
    const { legId } = await send(pictureOf(10_000_000));
    await attachmentThat(iq, legId, { state: 'READY' });
  });

  it('goes with one message only, and only by who uploaded it', async () => {
    const { attachmentId } = await send(pictureOf(100));
    const again = () => rs.submitRequest({ ...requestTo(['iq']), attachments: [attachmentId] });
    expect(await codeOf(again())).toBe('ERR_ATTACHMENT_NOT_HERE');
    const mine = await rs.uploadAttachment({ ...png, content: pictureOf(100) });
    const other = await clientOf(world.accessPoints.rs.officer('NCC_DUTY_OFFICER', deskOf('rs', 'liaison'), 'other'));
    expect(await codeOf(other.submitRequest({ ...requestTo(['iq']), attachments: [mine] }))).toBe(
      'ERR_ATTACHMENT_NOT_HERE',
    );
    expect(await codeOf(rs.submitRequest({ ...requestTo(['iq']), attachments: [v7()] }))).toBe(
      'ERR_ATTACHMENT_NOT_HERE',
    );
    const eleven = Array.from({ length: 11 }, () => v7());
    expect(await codeOf(rs.submitRequest({ ...requestTo(['iq']), attachments: eleven }))).toBe('ERR_REQUEST_INVALID');
  });

  it('is found again by its key, so that a repeated act has one effect', async () => {
    const content = pictureOf(100);
    const key = { idempotencyKey: v7() };
    const first = await rs.uploadAttachment({ ...png, content }, key);
    expect(await rs.uploadAttachment({ ...png, content }, key)).toBe(first);
    expect(await codeOf(rs.uploadAttachment({ ...png, name: 'b.png', content }, key))).toBe(
      'ERR_REQUEST_IDEMPOTENCY_CONFLICT',
    );
  });
});

describe('a hub that is away or full', () => {
  it('makes the message wait for its attachment, and nothing behind it on the leg overtakes', async () => {
    world.hub.attachments.full = true;
    const { legId, envelopeId } = await send(pictureOf(100));
    await attachmentThat(rs, legId, { state: 'WAITING', code: 'ERR_UPSTREAM_UNAVAILABLE' });
    const withdrawn = await rs.withdraw(legId);
    const { legs } = await rs.submitRequest(requestTo(['iq']));
    await rs.waitForEnvelope(legs[0]!.envelopeId, { until: 'ACCEPTED' });
    expect((await rs.envelope(envelopeId)).state).toBe('QUEUED');
    expect((await rs.envelope(withdrawn.envelopeId)).state).toBe('QUEUED');
    world.hub.attachments.full = false;
    await rs.waitForEnvelope(withdrawn.envelopeId, { until: 'ACCEPTED', timeoutMs: 20_000 });
    expect((await attachmentsOn(rs, legId))[0]).toMatchObject({ state: 'READY' });
  });
});

describe('a hub that falls silent', () => {
  it('in the middle of a download or an upload: others go on, and so do these once it speaks again', async () => {
    const { attachments } = world.hub;
    const png = { name: 'a.png', mediaType: 'image/png' } as const;
    const [down, up] = await Promise.all([
      rs.uploadAttachment({ ...png, content: pictureOf(2_500_000) }),
      rs.uploadAttachment({ ...png, content: pictureOf(2_500_000) }),
    ]);
    attachments.silentFetches.add(down);
    attachments.silentUploads.add(up);
    const ask = async (id: string) => (await rs.submitRequest({ ...requestTo(['iq']), attachments: [id] })).legs[0]!;
    const [fetched, uploaded] = [await ask(down), await ask(up)];
    await attachmentThat(iq, fetched.legId, { state: 'WAITING', carried: 1_048_576 });

    const other = await send(pictureOf(100));
    await attachmentThat(iq, other.legId, { state: 'READY' });
    const [standing] = await attachmentsOn(iq, fetched.legId);
    expect([standing?.state, standing?.code]).toEqual(['WAITING', undefined]);

    const given = { state: 'WAITING', code: 'ERR_UPSTREAM_UNAVAILABLE' } as const;
    await Promise.all([
      attachmentThat(iq, fetched.legId, given, 30_000),
      attachmentThat(rs, uploaded.legId, given, 30_000),
    ]);
    attachments.silentFetches.clear();
    attachments.silentUploads.clear();
    // The next try may have met the silence once more.
    for (const { legId } of [fetched, uploaded]) await attachmentThat(iq, legId, { state: 'READY' }, 30_000);
  });
});

describe('a fault that nobody has thought of', () => {
  it('is kept and tried later and later, and others go on', async () => {
    const { legId, attachmentId } = await send(pictureOf(100));
    await attachmentThat(iq, legId, { state: 'READY' });
    // An attachment of a message that is not there.
    const orphan = "update attachment set envelope_id = gen_random_uuid(), state = 'WAITING', carried = 0";
    await world.accessPoints.iq.query(`${orphan} where attachment_id = $1`, [attachmentId]);
    const other = await send(pictureOf(100));
    await attachmentThat(iq, other.legId, { state: 'READY' });
    const sql = `select attempts > 1 as often, next_attempt_at > clock_timestamp() as later, state, code
                   from attachment where attachment_id = $1`;
    const often = { often: true, later: true, state: 'WAITING', code: 'ERR_INTERNAL_UNEXPECTED' };
    await eventually(async () => expect(await world.accessPoints.iq.query(sql, [attachmentId])).toEqual([often]), {
      timeoutMs: 15_000,
    });
  });
});
