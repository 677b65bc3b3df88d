import { SeraiError } from '#libs/errors';
import { crc32 } from './crc32.js';

/** Bytes of files by their paths. */
export type FilesByPath = ReadonlyMap<string, Buffer>;

/** What a strict reader found. */
export interface ReadZip {
  readonly files: FilesByPath;
  /** Paths whose bytes are not those that their check sum was made of. */
  readonly damaged: readonly string[];
}

/** Most bytes of a zip file that is read here: 256 MiB. */
export const MAX_ZIP_BYTES = 268_435_456;

/** Most files of a zip file. */
export const MAX_ZIP_FILES = 16_384;

const MAX_PATH_LENGTH = 200;
/** Lower-case letters, digits, `.`, `-` and `_` in folders; no segment begins with a dot. Means the same on every file system. */
const PATH = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/;

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const VERSION_NEEDED = 10;
/** 1 January 1980, the first day that the format knows: a pack does not depend on when it was made. */
const DATE = 0x21;

/**
 * Writes a zip file that stores its files as they are, in the order of their paths: the same files give the same bytes, and every program that unzips can
 * read it.
 *
 * @throws SeraiError ERR_EVIDENCE_PACK for a path that could mean something else elsewhere, too many files or too many bytes
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 * @example writeZip(new Map([['manifest.json', Buffer.from('{}')]]))
 */
export function writeZip(files: FilesByPath): Buffer {
  const entries = [...files].sort(([one], [other]) => (one < other ? -1 : 1));
  if (entries.length > MAX_ZIP_FILES) throw unfit('it has too many files');
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const [path, bytes] of entries) {
    assertPath(path);
    const shared = sharedHeader(path, bytes);
    const local = Buffer.concat([uint32(LOCAL), shared, Buffer.from(path), bytes]);
    centrals.push(Buffer.concat([uint32(CENTRAL), centralHeader(shared, offset), Buffer.from(path)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  if (offset + directory.length + END_BYTES > MAX_ZIP_BYTES) throw unfit('it is too large');
  return Buffer.concat([...locals, directory, endRecord(entries.length, directory.length, offset)]);
}

/**
 * Reads a zip file in the one form that {@link writeZip} gives it: nothing compressed, nothing hidden between or behind the files, no name twice, no name that
 * leads elsewhere. Wrong check sums alone do not stop it, so that a reader can say which file was damaged.
 *
 * @throws SeraiError ERR_EVIDENCE_PACK
 */
export function readZip(zip: Uint8Array): ReadZip {
  const bytes = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
  if (bytes.length > MAX_ZIP_BYTES) throw unfit('it is too large');
  const end = bytes.length - END_BYTES;
  if (end < 0 || bytes.readUInt32LE(end) !== END)
    throw unfit('it is no zip file, or is cut off, or goes on after its end');
  const count = bytes.readUInt16LE(end + 10);
  const begin = bytes.readUInt32LE(end + 16);
  if (count > MAX_ZIP_FILES || begin > end) throw unfit('its directory is not where it should be');
  const files = new Map<string, Buffer>();
  const damaged: string[] = [];
  let central = begin;
  let next = 0;
  for (let place = 0; place < count; place += 1) {
    const entry = readEntry(bytes, central, { next, begin, end });
    if (files.has(entry.path)) throw unfit('it has a name twice');
    if (crc32(entry.content) !== entry.crc) damaged.push(entry.path);
    files.set(entry.path, entry.content);
    central += CENTRAL_BYTES + entry.path.length;
    next += LOCAL_BYTES + entry.path.length + entry.content.length;
  }
  if (next !== begin || central !== end) throw unfit('it hides bytes between its files');
  assertOneForm(bytes, files, damaged);
  return { files, damaged };
}

interface Bounds {
  /** Where the file must begin. */
  readonly next: number;
  /** Where the directory begins. */
  readonly begin: number;
  readonly end: number;
}

interface Entry {
  readonly path: string;
  readonly content: Buffer;
  readonly crc: number;
}

function readEntry(bytes: Buffer, central: number, { next, begin, end }: Bounds): Entry {
  if (central + CENTRAL_BYTES > end || bytes.readUInt32LE(central) !== CENTRAL) throw unfit('its directory is damaged');
  if (bytes.readUInt16LE(central + 10) !== 0) throw unfit('it is compressed; evidence packs are not');
  const [size, length] = [bytes.readUInt32LE(central + 24), bytes.readUInt16LE(central + 28)];
  if (central + CENTRAL_BYTES + length > end || length > MAX_PATH_LENGTH) throw unfit('a name in it is too long');
  const path = bytes.toString('latin1', central + CENTRAL_BYTES, central + CENTRAL_BYTES + length);
  assertPath(path);
  const start = next + LOCAL_BYTES + length;
  if (start + size > begin) throw unfit('a file in it is longer than the zip file');
  return { path, content: bytes.subarray(start, start + size), crc: bytes.readUInt32LE(central + 16) };
}

/** Everything that is not content must stand as {@link writeZip} would write it: then no two programs can read it differently. */
function assertOneForm(bytes: Buffer, files: FilesByPath, damaged: readonly string[]): void {
  const written = writeZip(files);
  if (damaged.length === 0 ? written.equals(bytes) : written.length === bytes.length) return;
  throw unfit('it was not made as evidence packs are: give it as you received it, not packed again');
}

/** What local and central header have in common, from "version needed" to the length of extra fields. */
function sharedHeader(path: string, bytes: Buffer): Buffer {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(VERSION_NEEDED, 0);
  header.writeUInt16LE(DATE, 8);
  header.writeUInt32LE(crc32(bytes), 10);
  header.writeUInt32LE(bytes.length, 14);
  header.writeUInt32LE(bytes.length, 18);
  header.writeUInt16LE(path.length, 22);
  return header;
}

function centralHeader(shared: Buffer, offset: number): Buffer {
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(offset, 10);
  const madeBy = Buffer.alloc(2);
  madeBy.writeUInt16LE(VERSION_NEEDED, 0);
  return Buffer.concat([madeBy, shared, rest]);
}

function endRecord(count: number, length: number, offset: number): Buffer {
  const record = Buffer.alloc(END_BYTES);
  record.writeUInt32LE(END, 0);
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(length, 12);
  record.writeUInt32LE(offset, 16);
  return record;
}

function assertPath(path: string): void {
  if (path.length > MAX_PATH_LENGTH || !PATH.test(path)) throw unfit('it has a name that is not allowed');
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function unfit(reason: string): SeraiError {
  return new SeraiError('ERR_EVIDENCE_PACK', `This file cannot be taken for an evidence pack: ${reason}.`, {
    detail: { reason },
  });
}
