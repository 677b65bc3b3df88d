// Writes docs/reference from the sources; with --check says what differs, and what breaks those who know the published reference.
import fs from 'node:fs';
import path from 'node:path';
import { breaks } from './reference/breaks.js';
import { referenceDocuments } from './reference/documents.js';
import {
  type PublishedReference,
  REFERENCE_FOLDER,
  referenceOnDisk,
  referenceOnMain,
} from './reference/published-documents.js';
import { documentProblems } from './reference/validate-documents.js';

const CHECKOUT = path.resolve(import.meta.dirname, '../../../..');
const COMMAND = 'npm run build && node dist/libs/contracts/src/generate.js';

function findBreaks(published: readonly (PublishedReference | undefined)[], documents: Map<string, string>): string[] {
  const found = published
    .filter((reference) => reference !== undefined)
    .flatMap((reference) => breaks(reference.documents, documents));
  return [...new Set(found)];
}

function drift(onDisk: ReadonlyMap<string, string>, documents: ReadonlyMap<string, string>): string[] {
  const stale = [...documents].filter(([file, text]) => onDisk.get(file) !== text).map(([file]) => file);
  const orphans = [...onDisk.keys()].filter((file) => !documents.has(file));
  return [...stale, ...orphans].sort();
}

function write(onDisk: ReadonlyMap<string, string>, documents: ReadonlyMap<string, string>): number {
  const changed = drift(onDisk, documents);
  for (const file of changed) {
    const target = path.join(CHECKOUT, REFERENCE_FOLDER, file);
    const text = documents.get(file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    if (text === undefined) fs.rmSync(target);
    else fs.writeFileSync(target, text);
  }
  return changed.length;
}

function fail(title: string, lines: readonly string[]): never {
  process.stderr.write(`${title}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  process.exit(1);
}

async function main(): Promise<void> {
  const { version } = JSON.parse(fs.readFileSync(path.join(CHECKOUT, 'package.json'), 'utf8')) as { version: string };
  const documents = referenceDocuments(version);
  const onDisk = referenceOnDisk(CHECKOUT);
  const broken = findBreaks([onDisk, referenceOnMain(CHECKOUT)], documents);
  if (broken.length > 0) {
    fail('The contracts break what was published. Leave it as it was and add a new major version beside it:', broken);
  }
  const invalid = await documentProblems(documents);
  if (invalid.length > 0) fail('Generated documents do not follow their specifications:', invalid);
  if (!process.argv.includes('--check')) {
    process.stdout.write(`${write(onDisk.documents, documents)} of ${documents.size} documents written.\n`);
    return;
  }
  const stale = drift(onDisk.documents, documents);
  if (stale.length > 0) fail(`${REFERENCE_FOLDER} is not what the sources say. Run: ${COMMAND}`, stale);
  process.stdout.write(`${documents.size} documents in ${REFERENCE_FOLDER} are up to date and compatible.\n`);
}

await main();
