import { hash } from 'node:crypto';
import type { Realm } from '#libs/contracts';
import type { FilesByPath } from './zip.js';

/** What a file of a pack is. */
export type FileRole =
  | 'envelope'
  | 'receipt'
  | 'leaf-opening'
  | 'inclusion-proof'
  | 'checkpoint'
  | 'consistency-proof'
  | 'directory-changes'
  | 'directory-statement'
  | 'summary';

export const MANIFEST_PATH = 'manifest.json';
export const CHANGES_PATH = 'directory/changes.json';
export const STATEMENT_PATH = 'directory/statement.jws';
/** Form of the pack, its summary texts included; another form gets another number. */
export const PACK_FORMAT = 'serai-evidence-pack/1';

/** Most messages of one leg that a pack may hold. */
export const MAX_MESSAGES = 2_000;

const ROLES: readonly (readonly [RegExp, FileRole])[] = [
  [/^messages\/\d{4}\/envelope\.jws$/, 'envelope'],
  [/^messages\/\d{4}\/receipt\.jws$/, 'receipt'],
  [/^messages\/\d{4}\/opening\.json$/, 'leaf-opening'],
  [/^messages\/\d{4}\/inclusion\.tlog-proof$/, 'inclusion-proof'],
  [/^log\/\d{2}\/checkpoint$/, 'checkpoint'],
  [/^log\/\d{2}\/from-\d{1,16}\.consistency$/, 'consistency-proof'],
  [/^directory\/changes\.json$/, 'directory-changes'],
  [/^directory\/statement\.jws$/, 'directory-statement'],
  [/^summary\/[a-z]{2}\.txt$/, 'summary'],
];

/** What the file at a path is, or undefined for a path that no pack has. */
export function roleOf(path: string): FileRole | undefined {
  return ROLES.find(([pattern]) => pattern.test(path))?.[1];
}

/** What a pack says about itself; nobody has signed it. */
export interface PackSubject {
  readonly realm: Realm;
  /** Id of the leg that it is about. */
  readonly leg: string;
}

/** The files of one message, as they lie in the pack; a missing one is undefined. */
export interface MessageFiles {
  /** Folder of the message. */
  readonly folder: string;
  readonly envelope: Buffer | undefined;
  readonly receipt: Buffer | undefined;
  readonly opening: Buffer | undefined;
  readonly proof: Buffer | undefined;
}

/** The files about one log. */
export interface LogFiles {
  readonly folder: string;
  readonly checkpoint: Buffer | undefined;
  readonly consistency: readonly (readonly [path: string, bytes: Buffer])[];
}

/** A pack, sorted by what its files are; nothing in it has been verified. */
export interface PackFiles extends PackSubject {
  readonly messages: readonly MessageFiles[];
  readonly logs: readonly LogFiles[];
  readonly changes: Buffer | undefined;
  readonly statement: Buffer | undefined;
  /** By language. */
  readonly summaries: ReadonlyMap<string, Buffer>;
}

export const messageFolder = (place: number): string => `messages/${String(place + 1).padStart(4, '0')}`;
export const logFolder = (place: number): string => `log/${String(place + 1).padStart(2, '0')}`;
export const consistencyPath = (folder: string, size: number): string => `${folder}/from-${size}.consistency`;
export const summaryPath = (language: string): string => `summary/${language}.txt`;

/** The one text of a manifest: which file is what, how long, with which SHA-256. */
export function manifestOf({ realm, leg }: PackSubject, files: FilesByPath): Buffer {
  const listed = [...files]
    .filter(([path]) => path !== MANIFEST_PATH)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, bytes]) => ({
      path,
      is: roleOf(path),
      bytes: bytes.length,
      sha256: hash('sha256', bytes, 'base64url'),
    }));
  return Buffer.from(`${JSON.stringify({ format: PACK_FORMAT, realm, leg, files: listed }, undefined, 2)}\n`);
}

/** Sorts the files of a pack by what they are. */
export function sortFiles(subject: PackSubject, files: FilesByPath): PackFiles {
  const foldersOf = (pattern: RegExp) =>
    [...new Set([...files.keys()].flatMap((path) => pattern.exec(path)?.[1] ?? []))].sort();
  return {
    ...subject,
    messages: foldersOf(/^(messages\/\d{4})\//).map((folder) => ({
      folder,
      envelope: files.get(`${folder}/envelope.jws`),
      receipt: files.get(`${folder}/receipt.jws`),
      opening: files.get(`${folder}/opening.json`),
      proof: files.get(`${folder}/inclusion.tlog-proof`),
    })),
    logs: foldersOf(/^(log\/\d{2})\//).map((folder) => ({
      folder,
      checkpoint: files.get(`${folder}/checkpoint`),
      consistency: [...files].filter(([path]) => path.startsWith(`${folder}/`) && path.endsWith('.consistency')),
    })),
    changes: files.get(CHANGES_PATH),
    statement: files.get(STATEMENT_PATH),
    summaries: new Map(
      [...files].flatMap(([path, bytes]) => (roleOf(path) === 'summary' ? [[path.slice(8, 10), bytes]] : [])),
    ),
  };
}
