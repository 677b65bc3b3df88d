// Compiles when the sources changed since the last compile, or when the compiled files are not those that it left.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const SOURCE_FOLDERS = ['apps', 'libs', 'deploy', 'test'];
const PRINTED_LINES = 10;
const COMPILER = 'node_modules/typescript7/bin/tsc';

function* filesUnder(folder, wanted) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* filesUnder(file, wanted);
    else if (entry.isFile() && wanted(entry.name)) yield file;
  }
}

function listFiles(checkout, folders, wanted) {
  const existing = folders.map((folder) => path.join(checkout, folder)).filter((folder) => fs.existsSync(folder));
  return existing.flatMap((folder) => [...filesUnder(folder, wanted)]).sort();
}

/** Size and change time tell a changed file as surely as its bytes here, and cost a hundredth. */
function fingerprint(checkout, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const { size, mtimeMs } = fs.statSync(file);
    hash.update(`${path.relative(checkout, file)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

const isSource = (name) => name.endsWith('.ts') && !name.endsWith('.d.ts');
const isCompiled = (name) => name.endsWith('.js') || name.endsWith('.js.map');

function sourcesOf(checkout) {
  const settings = ['tsconfig.json', 'package.json', 'node_modules/typescript7/package.json'];
  return [...listFiles(checkout, SOURCE_FOLDERS, isSource), ...settings.map((file) => path.join(checkout, file))];
}

const compiledIn = (checkout) => listFiles(checkout, ['dist'], isCompiled);

function removeOrphans(checkout) {
  for (const file of compiledIn(checkout)) {
    const source = path.join(
      checkout,
      path.relative(path.join(checkout, 'dist'), file).replace(/\.js(\.map)?$/, '.ts'),
    );
    if (!fs.existsSync(source)) fs.rmSync(file);
  }
}

function isUpToDate(checkout, record) {
  try {
    const { sources, compiled } = JSON.parse(fs.readFileSync(record, 'utf8'));
    return (
      sources === fingerprint(checkout, sourcesOf(checkout)) && compiled === fingerprint(checkout, compiledIn(checkout))
    );
  } catch {
    return false;
  }
}

function printFirst(lines) {
  for (const line of lines.slice(0, PRINTED_LINES)) process.stderr.write(`  ${line}\n`);
  if (lines.length > PRINTED_LINES)
    process.stderr.write(`  ... ${lines.length - PRINTED_LINES} more lines; npm run check shows all\n`);
}

/**
 * Returns a sentence when nothing runnable came out. Type errors are printed but do not stop: the compiler has written
 * its output all the same, and `npm run check` is where they fail.
 */
export async function buildIfNeeded({ checkout, stage, run }) {
  const record = path.join(checkout, 'dist/.serai-build.json');
  if (isUpToDate(checkout, record)) return undefined;
  let problem;
  await stage('Compiling', async () => {
    fs.rmSync(record, { force: true });
    const sources = fingerprint(checkout, sourcesOf(checkout));
    const output = path.join(checkout, 'node_modules/.serai-compiler.log');
    const lines = fs.openSync(output, 'w');
    const code = await run(
      process.execPath,
      [path.join(checkout, COMPILER), '-p', 'tsconfig.json', '--pretty', 'false'],
      { stdio: ['ignore', lines, lines] },
    );
    fs.closeSync(lines);
    if (code !== 0) printFirst(fs.readFileSync(output, 'utf8').trimEnd().split('\n'));
    removeOrphans(checkout);
    const compiled = compiledIn(checkout);
    if (compiled.length === 0) {
      problem = `The compiler ended with code ${code} and wrote nothing into dist: free some disk space or mend the sources (its lines are above).`;
      return 'failed';
    }
    if (code !== 0) return 'type errors, see above; going on with what the compiler wrote';
    fs.writeFileSync(record, JSON.stringify({ sources, compiled: fingerprint(checkout, compiled) }));
    return `${compiled.filter((file) => file.endsWith('.js')).length} files`;
  });
  return problem;
}
