// Compiles, and makes apps/verify one file, when the sources changed since the last compile, or when the compiled files are not those that it left.
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
/** The page of apps/verify is for browsers: the bundler alone reads it. */
const isOfPage = (file) => file.includes(path.join('apps', 'verify', 'page'));
const isPagePart = (name) => /^page\.(css|html)$/.test(name);
const isCompiled = (name) => name.endsWith('.js') || name.endsWith('.js.map');

function sourcesOf(checkout) {
  const settings = [
    'tsconfig.json',
    'package.json',
    'deploy/local/bundle.mjs',
    'node_modules/typescript7/package.json',
  ];
  return [
    ...listFiles(checkout, SOURCE_FOLDERS, (name) => isSource(name) || isPagePart(name)),
    ...settings.map((file) => path.join(checkout, file)),
  ];
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

/** The record of the last compile, when neither its sources nor its output have changed since. */
function currentRecord(checkout, record) {
  try {
    const found = JSON.parse(fs.readFileSync(record, 'utf8'));
    const sources = fingerprint(checkout, sourcesOf(checkout));
    const compiled = fingerprint(checkout, compiledIn(checkout));
    const isBundled = ['verify.mjs', 'verify.html'].every((name) => fs.existsSync(path.join(checkout, 'dist', name)));
    return isBundled && found.sources === sources && found.compiled === compiled ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Sources that the compiler did not get to: it was killed, or the disk is full. */
function unwritten(checkout, sources, begun) {
  return sources.filter((source) => {
    const output = path.join(checkout, 'dist', path.relative(checkout, source).replace(/\.ts$/, '.js'));
    return !((fs.statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= begun);
  });
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
  const current = currentRecord(checkout, record);
  if (current) {
    if (!current.clean)
      process.stderr.write(
        '• The sources have type errors (npm run check shows them); going on with what was compiled.\n',
      );
    return undefined;
  }
  let problem;
  await stage('Compiling', async () => {
    fs.rmSync(record, { force: true });
    const files = sourcesOf(checkout);
    const sources = fingerprint(checkout, files);
    // Some file systems keep whole seconds only.
    const begun = Math.floor(Date.now() / 1000) * 1000;
    const { code, lines } = await compile(checkout, run);
    if (code !== 0) printFirst(lines);
    removeOrphans(checkout);
    const missing = unwritten(
      checkout,
      files.filter((file) => file.endsWith('.ts') && !isOfPage(file)),
      begun,
    );
    if (missing.length > 0) {
      problem = `The compiler ended with code ${code} and did not write ${missing.length} of ${files.length} files into dist: free some disk space or mend the sources (its lines are above).`;
      return 'failed';
    }
    problem = await bundle();
    if (problem) return 'failed';
    const compiled = compiledIn(checkout);
    fs.writeFileSync(record, JSON.stringify({ sources, compiled: fingerprint(checkout, compiled), clean: code === 0 }));
    return code === 0 ? `${files.length} files` : 'type errors, see above; going on with what the compiler wrote';
  });
  return problem;
}

/** Returns a sentence when it fails. The bundler is loaded only now: before the first install it is not there. */
async function bundle() {
  try {
    const { bundleVerify } = await import('./bundle.mjs');
    await bundleVerify();
    return undefined;
  } catch (error) {
    return `apps/verify could not be made one file: ${error.message}`;
  }
}

async function compile(checkout, run) {
  const output = path.join(checkout, 'node_modules/.serai-compiler.log');
  const file = fs.openSync(output, 'w');
  const args = [path.join(checkout, COMPILER), '-p', 'tsconfig.json', '--pretty', 'false'];
  const code = await run(process.execPath, args, { stdio: ['ignore', file, file] });
  fs.closeSync(file);
  return { code, lines: fs.readFileSync(output, 'utf8').trimEnd().split('\n') };
}
