// Makes apps/verify one file: dist/verify.mjs, which needs Node and nothing else.
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

/** Bundles into `folder`; a build error is thrown, after esbuild has printed it. */
export async function bundleVerify(folder = path.join(CHECKOUT, 'dist')) {
  await build({
    ...shared,
    entryPoints: ['apps/verify/src/main.ts'],
    outfile: path.join(folder, 'verify.mjs'),
    platform: 'node',
    target: 'node22',
    banner: { js: `#!/usr/bin/env node\n${LICENCE_NOTE}` },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleVerify();
