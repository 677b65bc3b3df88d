import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import {
  type BlobStore,
  type BucketPlace,
  openBlobStore,
  PART_BYTES,
  putPart,
  readParts,
  removeParts,
} from '#libs/attachments';
import { failOnLeaks } from '#libs/testing';
import { S3Server } from './s3/s3-server.js';

jest.setTimeout(120_000);

const UNAVAILABLE = expect.objectContaining({ code: 'ERR_STORAGE_UNAVAILABLE' });
const newName = () => `${randomUUID()}.0`;

async function collect(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

/** What every store of blobs must do. `open` answers undefined where its service can't be had on this machine. */
function contract(open: () => Promise<BlobStore> | undefined): void {
  const on = (act: (store: BlobStore, another: BlobStore) => Promise<void>) => async () => {
    const [store, another] = [await open(), await open()];
    if (store && another) await act(store, another);
  };

  it(
    'gives back what was put, in place of what was there, also to another instance',
    on(async (store, another) => {
      const name = newName();
      for (const bytes of [randomBytes(PART_BYTES), randomBytes(10)]) {
        await store.put(name, bytes);
        expect((await another.get(name)).equals(bytes)).toBe(true);
      }
    }),
  );

  it(
    'holds one whole blob when two instances put one name at once',
    on(async (store, another) => {
      const name = newName();
      const drafts = [randomBytes(PART_BYTES), randomBytes(PART_BYTES)] as const;
      await Promise.all([store.put(name, drafts[0]), another.put(name, drafts[1])]);
      const found = await store.get(name);
      expect(drafts.some((draft) => draft.equals(found))).toBe(true);
    }),
  );

  it(
    'keeps parts of an upload, reads them from any place on, misses bytes that are lost, and forgets them all',
    on(async (store) => {
      const bytes = randomBytes(2 * PART_BYTES + 500);
      const stored = { blobId: randomUUID(), bytes: bytes.byteLength };
      for (let at = 0; at < bytes.byteLength; at += PART_BYTES) {
        await putPart(store, stored.blobId, at, bytes.subarray(at, at + PART_BYTES));
      }
      for (const offset of [0, 7, PART_BYTES, PART_BYTES + 1, bytes.byteLength]) {
        const read = await collect(readParts(store, stored, offset));
        expect(read.equals(bytes.subarray(offset))).toBe(true);
      }
      await putPart(store, stored.blobId, 2 * PART_BYTES, bytes.subarray(0, 499));
      await expect(collect(readParts(store, stored))).rejects.toEqual(UNAVAILABLE);
      await removeParts(store, stored);
      await expect(collect(readParts(store, stored))).rejects.toEqual(UNAVAILABLE);
      await removeParts(store, stored);
    }),
  );

  it(
    'says with a code that a name is not there',
    on(async (store) => {
      await expect(store.get(newName())).rejects.toEqual(UNAVAILABLE);
    }),
  );
}

describe('a folder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'serai-blobs-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  contract(() => openBlobStore({ folder }));

  it('keeps no drafts, and lets no name out of it', async () => {
    const store = await openBlobStore({ folder });
    await store.put(newName(), randomBytes(10));
    const files = await readdir(folder, { recursive: true });
    expect(files.filter((file) => path.basename(file).startsWith('.'))).toEqual([]);
    for (const name of ['../x', '/etc/passwd', 'a/b', '', '..']) {
      await expect(store.put(name, Buffer.of(1))).rejects.toThrow('Not a name of a blob.');
    }
  });

  it('that cannot be written is told with a code', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    const store = await openBlobStore({ folder: file });
    await expect(store.put(newName(), Buffer.of(1))).rejects.toEqual(UNAVAILABLE);
  });
});

describe('a bucket of an S3-compatible service', () => {
  let server: S3Server | undefined;
  const opened: BlobStore[] = [];
  const open = async (place: BucketPlace): Promise<BlobStore> => {
    const store = await openBlobStore(place);
    opened.push(store);
    return store;
  };
  beforeAll(async () => {
    server = await S3Server.start();
  });
  afterAll(async () => {
    for (const store of opened) store.onApplicationShutdown?.();
    await server?.stop();
  });
  contract(() => server && open(server.place));

  it('that is away, knows us not, or has no such bucket, is told with a code', async () => {
    if (!server) return;
    const { place } = server;
    const wrong = [{ bucket: 'nowhere' }, { secretAccessKey: 'wrong' }, { endpoint: 'http://127.0.0.1:1' }];
    for (const member of wrong) {
      const store = await open({ ...place, ...member });
      await expect(store.put(newName(), Buffer.of(1))).rejects.toEqual(UNAVAILABLE);
      await expect(store.get(newName())).rejects.toEqual(UNAVAILABLE);
      // What is in no bucket is forgotten.
      if (!('bucket' in member)) await expect(store.remove([newName()])).rejects.toEqual(UNAVAILABLE);
    }
  });

  it('is reached by TLS, and refused when nobody vouches for its certificate', async () => {
    if (!server) return;
    const name = newName();
    const stranger = await open(server.securePlace);
    await expect(stranger.put(name, Buffer.of(1))).rejects.toEqual(UNAVAILABLE);
    const usual = tls.getCACertificates('default');
    tls.setDefaultCACertificates([...usual, server.certificate]);
    try {
      const [secure, plain] = [await open(server.securePlace), await open(server.place)];
      await secure.put(name, Buffer.of(7));
      expect(await plain.get(name)).toEqual(Buffer.of(7));
    } finally {
      tls.setDefaultCACertificates(usual);
    }
  });
});

failOnLeaks();
