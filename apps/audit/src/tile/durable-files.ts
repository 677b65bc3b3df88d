import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** A file to be made, by its path. */
export interface NewFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Ends the names of files that are not whole yet; a crash may leave some behind, and nobody reads them. */
const DRAFT = '.draft';

/**
 * Makes files, or replaces them, so that each is either there whole or not at all, whatever ends the process or the machine meanwhile; when it resolves they are on
 * disk, and so are the folders that lead to them. One folder is written to disk once for all of its files.
 */
export async function writeDurably(files: readonly NewFile[]): Promise<void> {
  const drafts: { readonly draft: string; readonly file: string }[] = [];
  try {
    const folders = new Set<string>();
    for (const { path: file, bytes } of files) {
      for (const folder of await makeFolder(path.dirname(file))) folders.add(folder);
      const draft = `${file}.${randomUUID()}${DRAFT}`;
      drafts.push({ draft, file });
      await writeSynced(draft, bytes);
      folders.add(path.dirname(file));
    }
    for (const { draft, file } of drafts) await rename(draft, file);
    for (const folder of folders) await syncFolder(folder);
  } catch (error) {
    for (const { draft } of drafts) await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** The bytes of a file, or undefined when there is none. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Names of what is in a folder; none when there is no such folder. */
export async function namesIfThere(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** @returns the folders in which new ones were made, which must be written to disk as well */
async function makeFolder(folder: string): Promise<string[]> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return [];
  const parents: string[] = [];
  for (let made = folder; made.length >= first.length; made = path.dirname(made)) parents.push(path.dirname(made));
  return parents;
}

async function writeSynced(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** No such file, or something on the way to it is no folder. */
function isAbsent(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ENOENT' || code === 'ENOTDIR';
}
