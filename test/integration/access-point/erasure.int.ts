import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { v7 } from 'uuid';
import type { BlobStore } from '#libs/attachments';
import type { AccessLogEntry, ErasedLeg, HoldView, LegView } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { inTransaction } from '#libs/persistence';
import { eventually, failOnLeaks } from '#libs/testing';
import { BLOB_STORE } from '../../../apps/access-point/src/attachment/blob-store.token.js';
import { Erasures } from '../../../apps/access-point/src/erasure/erasures.js';
import { Tombstones } from '../../../apps/access-point/src/erasure/tombstones.js';
import { Vault } from '../../../apps/access-point/src/vault/vault.service.js';
import type { AccessPoint, OfficerClient } from './support/access-point.js';
import { deskOf } from './support/community.js';
import { ForeignSender } from './support/foreign-sender.js';
import { buildWorld, type World } from './support/world.js';

jest.setTimeout(60_000);

let world: World<'rs'>;
let rs: AccessPoint;
let supervisor: OfficerClient;

beforeAll(async () => {
  world = await buildWorld(['rs']);
  rs = world.accessPoints.rs;
  supervisor = rs.officer('NCC_SUPERVISOR');
});
afterAll(() => world?.end());
failOnLeaks();

const REASON = { reason: 'The court of the test wants it kept.' };

interface Known {
  readonly legId: string;
  readonly envelopeId: string;
}

/** A leg that somebody sent here, with a note on it. */
async function received(): Promise<Known> {
  const { event, ...signed } = await new ForeignSender(world.community, 'iq', 'rs').request();
  await world.hub.services.decide({ event, ...signed });
  const legId = event.subject;
  await eventually(async () => expect((await view(legId)).messages).toHaveLength(2));
  await supervisor.post(`/v1/legs/${legId}/notes`, { text: 'A note of the test.' });
  return { legId, envelopeId: event.id };
}

/** The same, ended by its sender. */
async function ended(): Promise<Known> {
  const known = await received();
  await withdraw(known);
  return known;
}

async function withdraw({ legId }: Known): Promise<void> {
  const { event, ...signed } = await new ForeignSender(world.community, 'iq', 'rs').withdrawal(legId);
  await world.hub.services.decide({ event, ...signed });
  await eventually(async () => expect((await view(legId)).status).toBe('WITHDRAWN'));
}

const view = async (legId: string): Promise<LegView> => (await supervisor.get<LegView>(`/v1/legs/${legId}`)).body;
const read = ({ legId, envelopeId }: Known) => supervisor.get(`/v1/legs/${legId}/messages/${envelopeId}/content`);
const erase = ({ legId }: Known, reason = 'OWNER_REQUEST', by = supervisor) =>
  by.post<ErasedLeg>(`/v1/legs/${legId}/erase`, { reason });
const hold = ({ legId }: Known) => supervisor.post<HoldView>(`/v1/legs/${legId}/holds`, REASON);
const keysOf = async (...ids: readonly string[]) =>
  (
    await rs.query<{ id: string }>('select record_id as id from content_key where record_id = any ($1::uuid[])', [ids])
  ).map(({ id }) => id);
const recordsOf = async ({ legId }: Known) =>
  (
    await rs.query<{ id: string }>(
      `select envelope_id as id from message where leg_id = $1 and content <> 'NONE' union select note_id from note where leg_id = $1`,
      [legId],
    )
  ).map(({ id }) => id);
const round = () => rs.instance.get(Erasures).round(new AbortController().signal);

const full = () => new SeraiError('ERR_STORAGE_FULL', 'No room in this test.');

/** Gives the leg an attachment, whose ciphertext lies here under a blob of its own. */
async function shareBlob({ legId, envelopeId }: Known): Promise<string> {
  const blobId = v7();
  await rs.query(
    `insert into attachment (envelope_id, attachment_id, leg_id, direction, blob_id, bytes, sha256, carried, state, attempts, next_attempt_at)
     values ($1, $2, $3, 'outgoing', $2, 10, $4, 10, 'READY', 0, now())`,
    [envelopeId, blobId, legId, randomBytes(32).toString('base64url')],
  );
  await rs.instance.get<BlobStore>(BLOB_STORE).put(`${blobId}.0`, Buffer.from('ciphertext'));
  return blobId;
}

describe('a leg that has ended', () => {
  it('is erased with everything that people wrote about it, and nothing that was signed', async () => {
    const leg = await ended();
    const records = await recordsOf(leg);
    expect(records).toHaveLength(2);
    expect((await read(leg)).status).toBe(200);
    const { status, body } = await erase(leg);
    expect([status, body]).toEqual([
      200,
      { legId: leg.legId, reason: 'OWNER_REQUEST', erasedAt: expect.any(String) as string, records: records.length },
    ]);
    expect(await keysOf(...records)).toEqual([]);
    expect((await read(leg)).body.code).toBe('ERR_CONTENT_ERASED');
    expect((await supervisor.get(`/v1/legs/${leg.legId}/notes`)).body).toEqual({ entries: [] });
    expect(await view(leg.legId)).toMatchObject({ erased: { reason: 'OWNER_REQUEST' } });
    expect(await view(leg.legId)).not.toHaveProperty('held');
    expect((await view(leg.legId)).actions).not.toContain('readContent');
    const proof = await supervisor.get(`/v1/legs/${leg.legId}/messages/${leg.envelopeId}/proof`);
    expect(proof.body).toMatchObject({ envelope: expect.any(String) as string });
  });

  it('is erased once, and that is on record before', async () => {
    const leg = await ended();
    const first = (await erase(leg)).body;
    expect((await erase(leg, 'ERROR')).body).toEqual(first);
    const { body } = await supervisor.get<{ entries: AccessLogEntry[] }>(`/v1/access-log?legId=${leg.legId}`);
    expect(body.entries.filter(({ action }) => action === 'ERASED')).toMatchObject([{ operation: 'eraseLeg' }]);
  });

  it('loses the ciphertexts of its attachments', async () => {
    const leg = await ended();
    const blobId = await shareBlob(leg);
    const files = async () =>
      (await readdir(rs.attachments, { recursive: true })).filter((name) => name.includes(blobId));
    expect(await files()).toHaveLength(1);
    expect((await erase(leg)).status).toBe(200);
    expect(await files()).toEqual([]);
  });

  it.each<[string, () => jest.SpyInstance]>([
    ['before its tombstones are', () => jest.spyOn(rs.instance.get(Tombstones), 'add').mockRejectedValueOnce(full())],
    [
      'with its ciphertexts there',
      () => jest.spyOn(rs.instance.get<BlobStore>(BLOB_STORE), 'remove').mockRejectedValueOnce(full()),
    ],
  ])('is gone in the next round when the storage fails %s', async (_, strike) => {
    const leg = await ended();
    const records = await recordsOf(leg);
    await shareBlob(leg);
    const spy = strike();
    expect((await erase(leg)).body.code).toBe('ERR_STORAGE_FULL');
    expect(await keysOf(...records)).toEqual(expect.arrayContaining([...records]));
    spy.mockRestore();
    await round();
    expect(await keysOf(...records)).toEqual([]);
  });

  it('is not erased while it goes on, while it is held, by others, for no reason or a foreign one', async () => {
    const going = await received();
    expect((await erase(going)).body.code).toBe('ERR_LEG_NOT_ENDED');
    await withdraw(going);
    const { body: placed } = await hold(going);
    expect(await view(going.legId)).toMatchObject({ held: true });
    expect((await erase(going)).body.code).toBe('ERR_CONTENT_HELD');
    expect((await erase(going, 'BORED')).body.code).toBe('ERR_REQUEST_INVALID');
    for (const role of ['NCC_DUTY_OFFICER', 'AUDITOR', 'SECURITY_OFFICER', 'HUB_OPERATOR'] as const) {
      expect((await erase(going, 'ERROR', rs.officer(role))).status).toBe(403);
    }
    const nowhere = { legId: '01933f6e-0000-7000-8000-00000000dead', envelopeId: going.envelopeId };
    expect((await erase(nowhere)).body.code).toBe('ERR_REQUEST_NOT_FOUND');
    expect((await read(going)).status).toBe(200);
    const release = `/v1/legs/${going.legId}/holds/${placed.holdId}/release`;
    expect((await supervisor.post(release, { reason: 'short' })).body.code).toBe('ERR_REQUEST_INVALID');
    expect((await supervisor.post<HoldView>(release, REASON)).body.released).toMatchObject(REASON);
    expect((await erase(going)).status).toBe(200);
    expect((await hold(going)).body.code).toBe('ERR_CONTENT_ERASED');
  });

  it('shows all its holds, page by page, to those who may see them', async () => {
    const leg = await ended();
    const placed = [await hold(leg), await hold(leg), await hold(leg)].map(({ body }) => body.holdId);
    const list = `/v1/legs/${leg.legId}/holds`;
    const first = await supervisor.get<{ entries: HoldView[]; next: string }>(`${list}?limit=2`);
    const second = await supervisor.get<{ entries: HoldView[] }>(`${list}?limit=2&cursor=${first.body.next}`);
    const ids = [...first.body.entries, ...second.body.entries].map(({ holdId }) => holdId);
    expect(ids).toEqual(placed.toReversed());
    expect((await supervisor.get(`${list}?cursor=x`)).body.code).toBe('ERR_CURSOR_INVALID');
    expect((await rs.officer('LIAISON_OFFICER', deskOf('rs', 'liaison')).get(list)).status).toBe(403);
  });
});

describe('when its time is over', () => {
  const endLongAgo = ({ legId }: Known) =>
    rs.query(`update leg set state = jsonb_set(state, '{endedAt}', '"2020-01-01T00:00:00.000Z"') where leg_id = $1`, [
      legId,
    ]);

  it('a leg is erased by the access point, and no younger and no held one', async () => {
    const [old, young, held] = [await ended(), await ended(), await ended()];
    await hold(held);
    await endLongAgo(old);
    await endLongAgo(held);
    await round();
    expect((await view(old.legId)).erased).toMatchObject({ reason: 'RETENTION' });
    expect((await read(old)).body.code).toBe('ERR_CONTENT_ERASED');
    for (const kept of [young, held]) expect((await read(kept)).status).toBe(200);
    const { body } = await supervisor.get<{ entries: AccessLogEntry[] }>(`/v1/access-log?legId=${old.legId}`);
    expect(body.entries).toContainEqual(expect.objectContaining({ action: 'ERASED', officer: 'o-accesspoint' }));
  });
});

describe('a restored backup', () => {
  interface Backup {
    readonly keys: readonly { record_id: string; wrapped_key: Buffer }[];
    readonly records: readonly { record_id: string; ciphertext: Buffer }[];
  }

  async function backUp(ids: readonly string[]): Promise<Backup> {
    return {
      keys: await rs.query('select * from content_key where record_id = any ($1::uuid[])', [ids]),
      records: await rs.query('select * from content_record where record_id = any ($1::uuid[])', [ids]),
    };
  }

  async function restore({ keys, records }: Backup): Promise<void> {
    for (const { record_id, wrapped_key } of keys)
      await rs.query('insert into content_key values ($1, $2)', [record_id, wrapped_key]);
    for (const { record_id, ciphertext } of records)
      await rs.query('insert into content_record values ($1, $2)', [record_id, ciphertext]);
  }

  it('of the keys opens nothing, and is gone after the next start', async () => {
    const leg = await ended();
    const records = await recordsOf(leg);
    const backup = await backUp(records);
    expect(backup.keys).toHaveLength(records.length);
    await erase(leg);
    await restore(backup);
    expect((await read(leg)).body.code).toBe('ERR_CONTENT_ERASED');
    await restart();
    expect(await keysOf(...records)).toEqual([]);
  });

  it('of the whole database forgets the erasure, and brings nothing back', async () => {
    const leg = await ended();
    const records = await recordsOf(leg);
    const backup = await backUp(records);
    await erase(leg);
    await rs.query('delete from erased_record');
    await rs.query('delete from erased_leg where leg_id = $1', [leg.legId]);
    await restore(backup);
    await restart();
    expect(await keysOf(...records)).toEqual([]);
    expect((await read(leg)).body.code).toBe('ERR_CONTENT_ERASED');
  });

  it('opens nothing while nobody can tell what was erased', async () => {
    const leg = await ended();
    const records = await recordsOf(leg);
    const backup = await backUp(records);
    await erase(leg);
    await rs.query('delete from erased_record');
    await restore(backup);
    const away = jest.spyOn(Tombstones.prototype, 'pages').mockImplementation(() => {
      throw full();
    });
    await rs.stop();
    await rs.start();
    await rs.whenReady();
    await eventually(() => expect(away).toHaveBeenCalled());
    for (const each of [leg, await anyKept]) expect((await read(each)).body.code).toBe('ERR_STORAGE_UNAVAILABLE');
    away.mockRestore();
    await eventually(async () => expect((await read(await anyKept)).status).toBe(200));
    expect(await keysOf(...records)).toEqual([]);
  });

  it('of an erasure that was not finished is finished at the next start', async () => {
    const leg = await ended();
    const records = await recordsOf(leg);
    const spy = jest.spyOn(rs.instance.get(Tombstones), 'add').mockRejectedValueOnce(full());
    expect((await erase(leg)).body.code).toBe('ERR_STORAGE_FULL');
    spy.mockRestore();
    await restart();
    await eventually(async () => expect(await keysOf(...records)).toEqual([]));
  });

  it('from before the leg came lets the feed bring it again, and keeps nothing of it', async () => {
    const leg = await ended();
    await erase(leg);
    const content = { recordId: leg.envelopeId, content: { text: 'again' } };
    await inTransaction(rs.database.dataSource, (tx) => rs.instance.get(Vault).store(tx, [content]));
    expect(await keysOf(leg.envelopeId)).toEqual([]);
  });

  async function restart(): Promise<void> {
    await rs.stop();
    await rs.start();
    await rs.whenReady();
    await eventually(async () => expect((await read(await anyKept)).status).toBe(200));
  }
  let anyKept: Promise<Known>;
  beforeAll(() => {
    anyKept = received();
  });
});

describe('tombstones', () => {
  it('grow page by page and are all there', async () => {
    const blobs = new Map<string, Uint8Array>();
    const tombstones = new Tombstones({
      put: async (name, bytes) => void blobs.set(name, bytes),
      get: async (name) => Buffer.from(blobs.get(name)!),
      find: async (name) => (blobs.has(name) ? Buffer.from(blobs.get(name)!) : undefined),
      remove: async () => undefined,
    });
    const ids = Array.from({ length: 9_000 }, (_, index) => `id-${index}`);
    for (let begin = 0; begin < ids.length; begin += 700) await tombstones.add(ids.slice(begin, begin + 700));
    await tombstones.add(ids.slice(-3));
    const found: string[] = [];
    for await (const page of tombstones.pages()) found.push(...page);
    expect(found).toEqual(ids);
    expect(blobs.size).toBe(3);
  });
});
