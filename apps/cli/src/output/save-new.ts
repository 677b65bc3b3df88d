import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { UsageError } from '../failure.js';

/** Saves bytes in a file that was not there before; it has its name only when all of it is there. */
export function saveNew(file: string, bytes: Uint8Array): string {
  if (existsSync(file)) throw new UsageError(`${file} exists already; say --to where to save.`);
  writeFileSync(`${file}.part`, bytes, { mode: 0o600 });
  renameSync(`${file}.part`, file);
  return file;
}
