import { MANIFEST_PATH, manifestOf } from './pack-files.js';
import { readZip, writeZip } from './zip.js';

type Files = Map<string, Buffer>;

/** The pack after its files were changed, with a manifest that tells the truth about what is there now: the forger's way. */
export function forged(zip: Buffer, change: (files: Files) => void): Buffer {
  const files = new Map(readZip(zip).files);
  const { realm, leg } = JSON.parse(files.get(MANIFEST_PATH)!.toString()) as Parameters<typeof manifestOf>[0];
  change(files);
  files.delete(MANIFEST_PATH);
  return writeZip(new Map([...files, [MANIFEST_PATH, manifestOf({ realm, leg }, files)]]));
}

/** The pack after its files were changed, with its old manifest. */
export function altered(zip: Buffer, change: (files: Files) => void): Buffer {
  const files = new Map(readZip(zip).files);
  change(files);
  return writeZip(files);
}

/** A copy with one bit of one byte flipped. */
export function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}
