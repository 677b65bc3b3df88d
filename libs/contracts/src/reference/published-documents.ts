import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** Where the reference is in the checkout. */
export const REFERENCE_FOLDER = 'docs/reference';

/** A state of the reference that the sources must stay compatible with. */
export interface PublishedReference {
  /** Where it was found, for the message. */
  readonly origin: string;
  /** Path below docs/reference -> text. */
  readonly documents: ReadonlyMap<string, string>;
}

/** The reference as the files of the checkout have it. */
export function referenceOnDisk(checkout: string): PublishedReference {
  const folder = path.join(checkout, REFERENCE_FOLDER);
  const files = fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  const documents = files
    .filter((file) => fs.statSync(path.join(folder, file)).isFile())
    .map((file): [string, string] => [
      file.split(path.sep).join('/'),
      fs.readFileSync(path.join(folder, file), 'utf8'),
    ]);
  return { origin: REFERENCE_FOLDER, documents: new Map(documents) };
}

/**
 * The reference where this branch left the main one, so that a break cannot be hidden by deleting a file and generating it anew. Undefined without git, in a copy of the
 * sources, or where no remote main branch is known: then the files of the checkout are all there is to compare with.
 */
export function referenceOnMain(checkout: string): PublishedReference | undefined {
  try {
    const base = git(checkout, 'merge-base', 'HEAD', 'refs/remotes/origin/HEAD').trim();
    const files = git(checkout, 'ls-tree', '-r', '--name-only', '-z', base, '--', REFERENCE_FOLDER).split('\0');
    const documents = files
      .filter((file) => file !== '')
      .map((file): [string, string] => [
        file.slice(REFERENCE_FOLDER.length + 1),
        git(checkout, 'show', `${base}:${file}`),
      ]);
    return { origin: `commit ${base.slice(0, 10)}`, documents: new Map(documents) };
  } catch {
    return undefined;
  }
}

function git(checkout: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd: checkout,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
  });
}
