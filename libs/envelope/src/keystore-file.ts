import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SeraiError } from '#libs/errors';

const OWNER_ONLY = 0o600;

/** Reads a file of at most `maxBytes`. */
export async function readFileBytes(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw new RangeError(`${size} bytes are more than ${maxBytes}`);
    return await readFile(path);
  } catch (cause) {
    throw new SeraiError('ERR_KEYSTORE_UNREADABLE', `The keystore ${path} cannot be read. Check its path and owner.`, {
      cause,
    });
  }
}

/** Puts `bytes` at `path` in one step: whoever reads sees the old file or the new one, also after a power cut. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  await writeBeside(path, bytes, (temporary) => rename(temporary, path));
}

/** Like {@link replaceFile}, but refuses when `path` exists. */
export async function createFileOnce(path: string, bytes: Uint8Array): Promise<void> {
  await writeBeside(path, bytes, async (temporary) => {
    try {
      await link(temporary, path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      throw new SeraiError('ERR_KEYSTORE_UNREADABLE', `There is a keystore at ${path} already. Choose another path.`, {
        cause,
      });
    }
    await unlink(temporary);
  });
}

async function writeBeside(
  path: string,
  bytes: Uint8Array,
  place: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await using file = await open(temporary, 'wx', OWNER_ONLY);
    await file.writeFile(bytes);
    await file.sync();
    await place(temporary);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await using folder = await open(dirname(path), 'r');
  await folder.sync();
}
