import { z } from 'zod';
import { directorySnapshotPublished, type Realm, signedDirectoryChange } from '#libs/contracts';
import { claimedTime, isMessage, parseStrictJson, verifyEnvelope } from '#libs/envelope';
import { isSeraiError, SeraiError } from '#libs/errors';
import { Directory, type RootKeys } from '#libs/trust';
import { demand } from './report.js';
import { CLOCK_TOLERANCE_MS } from './verify-message.js';

const changesFile = z.strictObject({ changes: z.array(z.unknown()).max(100_000) });

/**
 * Folds the changes of a directory under pinned root keys, from the first one on.
 *
 * @throws SeraiError whichever the first change that does not hold throws, with its number
 */
export async function foldDirectory(file: Uint8Array | undefined, realm: Realm, roots: RootKeys): Promise<Directory> {
  demand(file !== undefined, 'The file is missing.');
  const parsed = changesFile.safeParse(parseStrictJson(file, 'ERR_DIRECTORY_MALFORMED'));
  demand(parsed.success, 'The file is not {"changes": [...]}.');
  let directory = Directory.empty(realm, roots);
  for (const change of parsed.data.changes) {
    const signed = signedDirectoryChange.safeParse(change);
    demand(signed.success, `Change ${directory.version + 1} is no signed change.`);
    directory = await applied(directory, signed.data);
  }
  return directory;
}

async function applied(directory: Directory, change: Parameters<Directory['apply']>[0]): Promise<Directory> {
  try {
    return await directory.apply(change);
  } catch (error) {
    if (!isSeraiError(error)) throw error;
    throw new SeraiError(error.code, `Change ${directory.version + 1}: ${error.message}`, { cause: error });
  }
}

/**
 * Verifies the statement of the directory service about its newest version: without it, whoever made the pack could leave the last changes out - such as the
 * report of a stolen key.
 *
 * @param after the time of the last message
 * @returns when it was stated
 */
export async function verifyStatement(
  file: Uint8Array | undefined,
  directory: Directory,
  after: Date,
): Promise<string> {
  demand(file !== undefined, 'The file is missing.');
  const jws = Buffer.from(file).toString('latin1');
  const verified = await verifyEnvelope(jws, {
    realm: directory.realm,
    channel: 'directory.answers',
    keys: directory.keyResolver(),
    at: claimedTime(jws),
    audience: 'any',
  });
  demand(isMessage(verified, directorySnapshotPublished), 'It is another message of the directory service.');
  const { version, head } = verified.event.data.header;
  demand(version === directory.version, `It is about ${version} changes, the pack has ${directory.version}.`);
  demand(head === directory.head, 'It is about other changes than those of the pack.');
  const stated = verified.event.time;
  const isFresh = Date.parse(stated) + CLOCK_TOLERANCE_MS >= after.getTime();
  demand(isFresh, `It is of ${stated}, older than the last message: changes made in between may be missing.`);
  return stated;
}
