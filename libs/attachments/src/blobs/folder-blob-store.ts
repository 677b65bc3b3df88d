import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { BlobStore } from './blob-store.js';
import { storageFailure } from './storage-failure.js';

const NAME = /^[\w-]+(\.[\w-]+)*$/;

/** Blobs as files of one folder, spread over 256 subfolders by the end of their id. */
export class FolderBlobStore implements BlobStore {
  constructor(private readonly folder: string) {}

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const target = this.pathOf(name);
    const parent = path.dirname(target);
    const draft = path.join(parent, `.${randomUUID()}`);
    try {
      await mkdir(parent, { recursive: true, mode: 0o700 });
      await writeThrough(draft, bytes);
      await rename(draft, target);
      await syncFolder(parent);
    } catch (cause) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw storageFailure(cause);
    }
  }

  async get(name: string): Promise<Buffer> {
    return readFile(this.pathOf(name)).catch((cause: unknown) => Promise.reject(storageFailure(cause)));
  }

  async find(name: string): Promise<Buffer | undefined> {
    return readFile(this.pathOf(name)).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw storageFailure(cause);
    });
  }

  async remove(names: readonly string[]): Promise<void> {
    try {
      for (const name of names) await rm(this.pathOf(name), { force: true });
    } catch (cause) {
      throw storageFailure(cause);
    }
  }

  private pathOf(name: string): string {
    if (!NAME.test(name)) throw new TypeError('Not a name of a blob.');
    const [id = ''] = name.split('.');
    return path.join(this.folder, id.slice(-2), name);
  }
}

async function writeThrough(file: string, bytes: Uint8Array): Promise<void> {
  await using handle = await openNew(file);
  await handle.writeFile(bytes);
  await handle.sync();
}

function openNew(file: string): Promise<FileHandle> {
  return open(file, 'wx', 0o600);
}

/** A renamed file is durable only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}
