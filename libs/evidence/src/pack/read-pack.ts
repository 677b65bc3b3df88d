import { z } from 'zod';
import { realm, uuid7 } from '#libs/contracts';
import { parseStrictJson } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { messageHashOf } from '../record/log-record.js';
import {
  MANIFEST_PATH,
  MAX_MESSAGES,
  manifestOf,
  PACK_FORMAT,
  type PackFiles,
  roleOf,
  sortFiles,
} from './pack-files.js';
import type { FilesByPath } from './zip.js';

const manifest = z.strictObject({
  format: z.literal(PACK_FORMAT, `must be ${PACK_FORMAT}; another form needs another version of this program`),
  realm,
  leg: uuid7,
  files: z.array(
    z.strictObject({ path: z.string(), is: z.string(), bytes: z.number().int().nonnegative(), sha256: z.string() }),
  ),
});

/** A pack with what its manifest says wrongly; empty when it says the truth. */
export interface ReadPack {
  readonly pack: PackFiles;
  readonly lies: readonly string[];
}

/**
 * Compares the files of a pack with its manifest: nothing missing, nothing unlisted, every length and hash true, in the one form that the writer gives it.
 *
 * @throws SeraiError ERR_EVIDENCE_PACK when there is no readable manifest, or more files than a pack may have
 */
export function readPack(files: FilesByPath): ReadPack {
  const bytes = files.get(MANIFEST_PATH);
  if (bytes === undefined) throw unreadable('there is none');
  const parsed = manifest.safeParse(parseStrictJson(bytes, 'ERR_EVIDENCE_PACK'));
  if (!parsed.success) throw unreadable(parsed.error.issues[0]?.message ?? 'its form');
  const pack = sortFiles(parsed.data, files);
  if (pack.messages.length > MAX_MESSAGES) throw unreadable('it lists more messages than a pack may have');
  const lies = liesOf(parsed.data.files, files);
  const isOneForm = lies.length > 0 || manifestOf(parsed.data, files).equals(bytes);
  return { pack, lies: isOneForm ? lies : ['it is not in its one form'] };
}

function liesOf(listed: z.infer<typeof manifest>['files'], files: FilesByPath): string[] {
  const truths = new Map(listed.map((entry) => [entry.path, entry]));
  const present = [...files].filter(([path]) => path !== MANIFEST_PATH);
  const missing = listed.filter(({ path }) => !files.has(path)).map(({ path }) => `${path} is missing`);
  return [
    ...missing,
    ...present.flatMap(([path, bytes]) => {
      const entry = truths.get(path);
      if (entry === undefined || roleOf(path) === undefined) return [`${path} is no file of this pack`];
      const isTrue = messageHashOf(bytes) === entry.sha256 && bytes.length === entry.bytes;
      return isTrue ? [] : [`${path} has other bytes than were listed`];
    }),
  ];
}

function unreadable(reason: string): SeraiError {
  return new SeraiError('ERR_EVIDENCE_PACK', `The manifest of the pack cannot be read: ${reason}.`, {
    detail: { reason },
  });
}
