import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** Remembers which build has migrated the databases of a data folder: ten one-shot programs cost a third of a warm start. */
export function migrationMark(checkout: string, dataDir: string): { isSet(): boolean; set(): void } {
  const file = path.join(dataDir, 'migrated-by');
  const build = fingerprint(path.join(checkout, 'dist/.serai-build.json'));
  return {
    isSet: () => build !== undefined && fs.existsSync(file) && fs.readFileSync(file, 'utf8') === build,
    set: () => {
      if (build !== undefined) fs.writeFileSync(file, build);
    },
  };
}

/** What deploy/local/build.mjs recorded of sources and output; absent when dist was compiled by hand. */
function fingerprint(record: string): string | undefined {
  return fs.existsSync(record) ? createHash('sha256').update(fs.readFileSync(record)).digest('hex') : undefined;
}
