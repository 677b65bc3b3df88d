import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { eventually, failOnLeaks } from '#libs/testing';
import {
  Frontier,
  leafHash,
  parseTlogProof,
  readRoot,
  SIGNATURE_TYPE,
  serialiseNote,
  signCheckpoint,
  signerKey,
  tileHashReader,
  tilePath,
  verifyCheckpoint,
  verifyInclusion,
} from '#libs/transparency-log';
import { LogFolder } from '../../../apps/audit/src/tile/log-folder.js';
import { TileWriter } from '../../../apps/audit/src/tile/tile-writer.js';
import { LogWorld, ORIGIN } from './log-world.js';

jest.setTimeout(120_000);

describe('tiles and openings', () => {
  let world: LogWorld;
  let app: NestFastifyApplication;
  let writer: TileWriter;
  let folder: LogFolder;
  const key = signerKey(ORIGIN, SIGNATURE_TYPE.ED25519, generateKeyPairSync('ed25519').privateKey);

  beforeAll(async () => {
    world = await LogWorld.begin();
    app = await world.start();
    writer = app.get(TileWriter);
    folder = app.get(LogFolder);
    await world.submit(300);
    await world.expectWhole();
  });
  afterAll(() => world.end());
  failOnLeaks();

  const rootAt = async (size: number) =>
    readRoot(
      size,
      tileHashReader(size, (tile) => folder.readTile(tile)),
    );
  const expectedRoot = async (size: number) => {
    const frontier = new Frontier();
    for (const { entry } of (await world.leaves()).slice(0, size)) frontier.append(leafHash(entry));
    return frontier.root();
  };
  async function publish(size: number) {
    const head = { origin: ORIGIN, size, root: await rootAt(size), extensions: [] };
    await folder.publishCheckpoint(serialiseNote(signCheckpoint(head, [key])));
  }

  it('has no checkpoint and proves nothing before the first is published', async () => {
    for (const url of ['/log/checkpoint', '/v1/proofs/0'])
      expect((await app.inject(url)).json()).toMatchObject({ status: 404, code: 'ERR_LOG_RANGE' });
  });

  it.each([
    [0, 1],
    [1, 255],
    [255, 256],
    [256, 257],
    [257, 257],
    [0, 257],
    [257, 300],
  ])('grows from %i to %i leaves', async (oldSize, newSize) => {
    await writer.grow(oldSize, newSize);
    expect(await rootAt(newSize)).toEqual(await expectedRoot(newSize));
  });

  it('refuses to grow beyond the leaves, and from tiles that are not there', async () => {
    await expect(writer.grow(300, 5_000)).rejects.toMatchObject({ code: 'ERR_LOG_STATE' });
    await expect(writer.grow(299, 301)).rejects.toMatchObject({ code: 'ERR_LOG_TILE' });
  });

  it('refuses to write a tile that is there with other bytes', async () => {
    const file = path.join(world.logFolder, tilePath({ level: 0, index: 0, width: 256 }));
    const bytes = await readFile(file);
    await writeFile(file, Buffer.concat([bytes.subarray(1), Buffer.of(1)]));
    await expect(writer.grow(0, 300)).rejects.toMatchObject({ code: 'ERR_LOG_STATE' });
    await writeFile(file, bytes);
    await writer.grow(0, 300);
  });

  it('serves tiles for ever, and nothing beside them', async () => {
    const tile = await app.inject('/log/tile/0/000');
    expect([tile.statusCode, tile.headers['cache-control'], tile.rawPayload.length]).toEqual([
      200,
      'public, max-age=31536000, immutable',
      256 * 32,
    ]);
    expect((await app.inject('/log/tile/entries/001.p/44')).rawPayload).toHaveLength(44 * 35);
    for (const url of [
      '/log/tile/0/007',
      '/log/tile/0/000.p/256',
      '/log/tile/0/0',
      '/log/tile/../checkpoint',
      '/log/tile/0/..%2f..%2f..%2fgenesis.json',
      '/log/genesis.json',
      '/log/',
      '/log',
    ])
      expect([url, (await app.inject(url)).statusCode]).toEqual([url, 404]);
  });

  describe('openings', () => {
    const ask = async (envelopes: object[], headers?: Record<string, string>) => {
      const authorization = await world.community.authorization('iq', 'audit');
      const payload = { envelopes };
      return app.inject({ method: 'POST', url: '/v1/openings', payload, headers: headers ?? { authorization } });
    };

    it('open the leaf of an envelope for who names its hash, and for nobody else', async () => {
      const sent = await world.community.submission('rs', 'iq');
      const { id, subject } = sent.event;
      await world.producer.send({ topic: 'requests.submissions', key: subject, value: Buffer.from(sent.jws) });
      await world.expectWhole();
      const { openings } = (await ask([{ id, sha256: sent.sha256 }])).json();
      expect(openings).toEqual([{ id, leaves: [expect.objectContaining({ index: (await world.size()) - 1 })] }]);
      await world.expectOpens(openings[0].leaves[0], sent);
      const other = await world.community.submission('rs', 'iq');
      expect(
        (
          await ask([
            { id, sha256: other.sha256 },
            { id: other.event.id, sha256: other.sha256 },
          ])
        ).json(),
      ).toEqual({
        openings: [
          { id, leaves: [] },
          { id: other.event.id, leaves: [] },
        ],
      });
    });

    it('refuse a stranger, and a question without end', async () => {
      const { event, sha256 } = await world.community.submission('rs', 'iq');
      const question = { id: event.id, sha256 };
      expect((await ask([question], {})).json()).toMatchObject({ code: 'ERR_CALLER_UNAUTHENTICATED' });
      expect((await ask([])).statusCode).toBe(422);
      expect((await ask(Array.from({ length: 257 }, () => question))).statusCode).toBe(422);
      expect((await ask([{ id: event.id }])).statusCode).toBe(422);
    });

    it('tell nothing of what was pruned, and how long leaves are kept', async () => {
      const sent = await world.community.submission('rs', 'iq');
      await world.producer.send({ topic: 'requests.submissions', key: 'k', value: Buffer.from(sent.jws) });
      const question = [{ id: sent.event.id, sha256: sent.sha256 }];
      await eventually(async () => expect((await ask(question)).json().openings[0].leaves).toHaveLength(1));
      await world.database.dataSource.query(
        'delete from audit.leaf_salt using audit.leaf where leaf_salt.leaf = leaf.index and envelope_id = $1',
        [sent.event.id],
      );
      expect((await ask(question)).json().openings[0].leaves).toEqual([]);
      const retention = async () => {
        const authorization = await world.community.authorization('iq', 'audit');
        return (await app.inject({ url: '/v1/retention', headers: { authorization } })).json();
      };
      expect(await retention()).toEqual({ origin: ORIGIN, prunedTo: 0 });
      await world.database.dataSource.query(
        `insert into audit.pruned_range values (0, 1, now(), 90, 1, '\\x00'), (1, 3, now(), 90, 3, '\\x00')`,
      );
      expect(await retention()).toEqual({ origin: ORIGIN, prunedTo: 3 });
      expect((await app.inject('/v1/retention')).json()).toMatchObject({ code: 'ERR_CALLER_UNAUTHENTICATED' });
    });
  });

  // The last one: with a checkpoint that its signer did not sign, the service does not go on.
  it('publishes a checkpoint and proves leaves under it', async () => {
    await publish(300);
    const { body, headers } = await app.inject('/log/checkpoint');
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(body.startsWith(`${ORIGIN}\n300\n`)).toBe(true);
    for (const index of [0, 255, 256, 299]) {
      const proof = parseTlogProof(Buffer.from((await app.inject(`/v1/proofs/${index}`)).body));
      const { checkpoint } = verifyCheckpoint(proof.checkpoint, { origin: ORIGIN, logs: [key.key] });
      const leaf = leafHash((await world.leaves())[index]!.entry);
      verifyInclusion({ index, size: checkpoint.size, leafHash: leaf, proof: proof.proof, root: checkpoint.root });
    }
    expect((await app.inject('/v1/proofs/300')).json()).toMatchObject({ code: 'ERR_LOG_RANGE' });
    expect((await app.inject('/v1/proofs/-1')).statusCode).toBe(422);
  });
});
