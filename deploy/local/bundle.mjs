// Makes apps/verify one file: dist/verify.mjs, which needs Node and nothing else; and dist/verify.html, a page that opens from disk.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const CHECKOUT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const LICENCE_NOTE =
  '// Part of Caravanserai, Apache-2.0. Bundled libraries keep their own licences, named at the end of this file.';

/** Our libs do nothing when they are loaded, so what nobody uses of them is left out: no keystore, no HTTP, no second implementation of cryptography. */
const libsWithoutSideEffects = {
  name: 'libs-without-side-effects',
  setup(plugins) {
    plugins.onResolve({ filter: /^#libs\// }, ({ path: name }) => ({
      path: path.join(CHECKOUT, 'libs', name.slice('#libs/'.length), 'src/index.ts'),
      sideEffects: false,
    }));
    plugins.onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path: name, resolveDir }) => {
      const source = path.join(resolveDir, name.replace(/\.js$/, '.ts'));
      const isOurs = source.startsWith(path.join(CHECKOUT, 'libs/')) && fs.existsSync(source);
      return isOurs ? { path: source, sideEffects: false } : undefined;
    });
  },
};

const shared = {
  absWorkingDir: CHECKOUT,
  bundle: true,
  format: 'esm',
  legalComments: 'eof',
  logLevel: 'warning',
  plugins: [libsWithoutSideEffects],
};

const PAGE = path.join(CHECKOUT, 'apps/verify/page');

/** The page has no Node: its cryptography and its buffers come from well-kept libraries in JavaScript. */
const browserForNode = {
  name: 'browser-for-node',
  setup(plugins) {
    plugins.onResolve({ filter: /^node:crypto$/ }, () => ({ path: path.join(PAGE, 'crypto-in-browser.ts') }));
    // Keystores are files; nothing of them is left in the page.
    plugins.onResolve({ filter: /^node:(fs|path)/ }, ({ path: name }) => ({
      path: name,
      external: true,
      sideEffects: false,
    }));
    plugins.onResolve({ filter: /^buffer$/ }, () => ({ path: path.join(CHECKOUT, 'node_modules/buffer/index.js') }));
  },
};

/** Bundles both into `folder`; a build error is thrown, after esbuild has printed it. */
export async function bundleVerify(folder = path.join(CHECKOUT, 'dist')) {
  await build({
    ...shared,
    entryPoints: ['apps/verify/src/main.ts'],
    outfile: path.join(folder, 'verify.mjs'),
    platform: 'node',
    target: 'node22',
    banner: { js: `#!/usr/bin/env node\n${LICENCE_NOTE}` },
  });
  const page = await bundlePage();
  fs.writeFileSync(path.join(folder, 'verify.html'), page);
}

/** One file with its script and style within, and a policy that allows exactly these two and no network. */
async function bundlePage() {
  const { outputFiles } = await build({
    ...shared,
    plugins: [browserForNode, libsWithoutSideEffects],
    entryPoints: ['apps/verify/page/page.ts'],
    inject: ['apps/verify/page/buffer-in-browser.ts'],
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    tsconfig: 'apps/verify/page/tsconfig.json',
    charset: 'utf8',
    minify: true,
    write: false,
  });
  const parts = { script: outputFiles[0].text.replaceAll('</script', '<\\/script'), style: readPage('page.css') };
  const filled = { ...parts, 'script-hash': sha256Of(parts.script), 'style-hash': sha256Of(parts.style) };
  return readPage('page.html').replace(
    /\/\* \{\{([a-z-]+)\}\} \*\/|\{\{([a-z-]+)\}\}/g,
    (_place, part, hash) => filled[part ?? hash],
  );
}

const readPage = (name) => fs.readFileSync(path.join(PAGE, name), 'utf8');
const sha256Of = (text) => createHash('sha256').update(text).digest('base64');

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleVerify();
