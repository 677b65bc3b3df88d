import fs from 'node:fs';
import path from 'node:path';

// The pages that people write must say what is there: every command, link, path, variable and metric that they name exists, and nothing that an operator needs is left out.

const checkout = path.resolve('.');

function filesUnder(folder: string, wanted: (name: string) => boolean): string[] {
  const names = fs.readdirSync(path.join(checkout, folder), { recursive: true, encoding: 'utf8' });
  return names.filter(wanted).map((name) => path.posix.join(folder, name.split(path.sep).join('/')));
}

const read = (file: string): string => fs.readFileSync(path.join(checkout, file), 'utf8');

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'deploy/README.md',
  ...filesUnder('docs', (name) => name.endsWith('.md')),
];

const isSource = (name: string): boolean =>
  /\.(ts|mjs)$/.test(name) && !/\.(spec|int|e2e|fixture|fixtures)\.ts$/.test(name);
const SOURCES = [
  ...['apps', 'libs', 'deploy'].flatMap((folder) => filesUnder(folder, isSource)),
  'docker-compose.yml',
].map(read);

function unique(texts: readonly string[], pattern: RegExp): string[] {
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, found]) => found as string)))].sort();
}

/** The anchor that a heading gets on GitHub. */
function anchorsOf(page: string): string[] {
  return unique([page], /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(PAGES)('%s', (page) => {
  const text = read(page);

  it('has only links that lead somewhere', () => {
    const links = unique([text], /\]\((?!https?:)([^)\s]+)\)/g);
    const broken = links.filter((link) => {
      const [file, anchor] = link.split('#') as [string, string | undefined];
      const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
      if (!fs.existsSync(path.join(checkout, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names only files and folders that are there', () => {
    const paths = unique([text], /`((?:apps|libs|deploy|docs|test)\/[\w./-]+)`/g);
    expect(paths.filter((name) => !fs.existsSync(path.join(checkout, name)))).toEqual([]);
  });

  it('names only commands that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const commands = [...unique([text], /npm run ([\w:-]+)/g), ...unique([text], /npm (start|test)\b/g)];
    expect(commands.filter((name) => !(name in scripts))).toEqual([]);
    const programs = unique([text], /node (dist\/[\w./-]+\.js)/g);
    const sourceOf = (program: string) => program.replace(/^dist\//, '').replace(/\.js$/, '.ts');
    expect(programs.filter((program) => !fs.existsSync(path.join(checkout, sourceOf(program))))).toEqual([]);
  });
});

describe('README.md', () => {
  it('has every app and lib on its map', () => {
    const folders = ['apps', 'libs'].flatMap((parent) =>
      fs.readdirSync(path.join(checkout, parent)).map((name) => `${parent}/${name}`),
    );
    expect(folders.filter((folder) => !read('README.md').includes(`\`${folder}\``))).toEqual([]);
  });
});

describe('docs/operations.md', () => {
  const operations = read('docs/operations.md');
  /** Set by our own programs for their children; nobody else needs to know them. */
  const INTERNAL = ['SERAI_BOOTSTRAP', 'SERAI_TEST_RUN'];

  it('explains every variable that the sources know, and no other', () => {
    const known = unique(SOURCES, /\b(SERAI_[A-Z_]+[A-Z])\b/g).filter((name) => !INTERNAL.includes(name));
    const explained = unique([operations], /`(SERAI_[A-Z_]+[A-Z])`/g);
    expect(known.filter((name) => !explained.includes(name))).toEqual([]);
    // `SERAI_<APP>_HOST` and `_PORT` are put together from the name of the app.
    const foreign = explained.filter((name) => !known.includes(name) && !/_(HOST|PORT)$/.test(name));
    expect(foreign).toEqual([]);
  });

  it('explains every readiness check that the sources know', () => {
    const checks = unique(SOURCES, /readiness\.add\(\{ name: '([a-z-]+)'/g);
    expect(checks.length).toBeGreaterThan(0);
    expect(checks.filter((name) => !operations.includes(`\n| \`${name}\` |`))).toEqual([]);
  });

  it('explains every metric that the sources know, and no other', () => {
    const known = unique(SOURCES, /name: '(serai_[a-z_]+)'/g);
    const explained = unique([operations], /`(serai_[a-z_]+)`/g);
    expect(explained).toEqual(known);
  });
});

describe('docs/decisions', () => {
  it('are numbered without a gap, and their titles are questions', () => {
    const pages = filesUnder('docs/decisions', (name) => name.endsWith('.md')).sort();
    expect(pages.map((page) => Number(path.basename(page).slice(0, 4)))).toEqual(pages.map((_, index) => index + 1));
    for (const [index, page] of pages.entries()) expect(read(page)).toMatch(new RegExp(`^# ${index + 1}\\. .+\\?\n`));
  });
});
