import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { SeraiError } from '#libs/errors';
import { writeDurably } from '../tile/durable-files.js';

const NAME = 'checkpoint';
const MAX_BYTES = 65_536;

/**
 * Makes sure that a folder is there and that nobody but this user may enter it.
 *
 * @throws SeraiError ERR_CONFIG_INVALID
 */
export async function openPrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = await stat(folder);
  if ((mode & 0o077) === 0 && uid === process.getuid?.()) return;
  throw new SeraiError(
    'ERR_CONFIG_INVALID',
    `Others may enter the folder ${folder}. Give it to the signer's user and set its mode to 0700.`,
  );
}

/** The one file in which the signer keeps its newest checkpoint: whoever reads it after a crash sees an old one whole or a new one whole. */
export class StateFile {
  constructor(private readonly folder: string) {}

  /** Undefined before the first {@link write}. */
  async read(): Promise<Buffer | undefined> {
    try {
      const { size } = await stat(this.path);
      if (size > MAX_BYTES) throw new RangeError('too large');
      return await readFile(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Durable when it resolves. After a rejection nobody knows: read again, and write again what was read. */
  write(bytes: Uint8Array): Promise<void> {
    return writeDurably([{ path: this.path, bytes }]);
  }

  get path(): string {
    return path.join(this.folder, NAME);
  }
}
