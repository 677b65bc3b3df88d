import fs from 'node:fs';
import path from 'node:path';
import { runFlagCommand } from './flag-command.js';
import { removeVolumes } from './infra/containers.js';
import { outsideFolder } from './infra/postgres/unprivileged-home.js';
import { dataFolder } from './run/data-folder.js';
import { claimDataFolder, endOrphans } from './run/single-instance.js';

const RESET = { name: 'npm run reset', about: 'forgets everything that npm start keeps for this checkout.' };

const checkout = path.resolve(import.meta.dirname, '../../../..');
const dataDir = dataFolder(checkout, process.env);

/** What npm start and npm run demo keep. The folder may be anybody's (SERAI_DATA_DIR), so nothing else in it is touched. */
const KEPT = [
  'postgres',
  'postgres.log',
  'postgres.previous.log',
  'kafka',
  'kafka.log',
  'kafka.previous.log',
  'keys',
  'secrets.json',
  'logs',
  'demo',
  'attachments',
  'log',
  'log-signer',
  'container-password',
  'migrated-by',
  'servers',
];

await runFlagCommand(RESET, async () => {
  fs.mkdirSync(dataDir, { recursive: true });
  const release = claimDataFolder(
    dataDir,
    (pid) =>
      `Caravanserai runs from this checkout (process ${pid}), so its data is in use: stop it first with Ctrl-C there or "kill ${pid}".`,
  );
  try {
    await endOrphans(dataDir, [path.join(checkout, 'dist'), dataDir, outsideFolder(dataDir)], console.log);
    await removeVolumes(dataDir);
    fs.rmSync(outsideFolder(dataDir), { recursive: true, force: true });
    for (const name of KEPT) fs.rmSync(path.join(dataDir, name), { recursive: true, force: true });
    console.log('Forgot databases, topics, keys and accounts. The next npm start begins anew.');
  } finally {
    release();
  }
});
