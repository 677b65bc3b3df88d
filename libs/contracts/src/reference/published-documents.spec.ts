import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { referenceOnDisk, referenceOnMain } from './published-documents.js';

describe('published documents', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'serai-reference-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const git = (cwd: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd, stdio: 'pipe' });

  function writeReference(checkout: string, text: string): void {
    fs.mkdirSync(path.join(checkout, 'docs/reference/schemas'), { recursive: true });
    fs.writeFileSync(path.join(checkout, 'docs/reference/schemas/a.schema.json'), text);
  }

  it('are those of the checkout, by their path below the reference', () => {
    expect(referenceOnDisk(folder).documents.size).toBe(0);
    writeReference(folder, '{}');
    expect([...referenceOnDisk(folder).documents]).toEqual([['schemas/a.schema.json', '{}']]);
  });

  it('are also those of the main branch, whatever became of them since', () => {
    const [main, clone] = [path.join(folder, 'main'), path.join(folder, 'clone')];
    fs.mkdirSync(main);
    git(main, 'init', '-q', '-b', 'main');
    writeReference(main, '{"published":true}');
    git(main, 'add', '.');
    git(main, 'commit', '-q', '-m', 'publish');
    git(folder, 'clone', '-q', main, clone);
    git(clone, 'checkout', '-q', '-b', 'feature');
    writeReference(clone, '{"published":false}');
    git(clone, 'commit', '-q', '-a', '-m', 'break it');
    expect(referenceOnMain(clone)?.documents.get('schemas/a.schema.json')).toBe('{"published":true}');
    expect(referenceOnDisk(clone).documents.get('schemas/a.schema.json')).toBe('{"published":false}');
  });

  it('are no more than those of the checkout without git or without a remote', () => {
    expect(referenceOnMain(folder)).toBeUndefined();
    git(folder, 'init', '-q', '-b', 'main');
    expect(referenceOnMain(folder)).toBeUndefined();
  });
});
