// grow-tiles.mjs POSTGRES_URL FOLDER SIZE: writes the tiles of a log as the audit service does, in a process that can be killed. Says when it is ready, and begins when all
// its threads are traced.
import fs from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { auditDatabase } from '../../../../dist/apps/audit/src/database/database-settings.js';
import { LeafRepository } from '../../../../dist/apps/audit/src/leaf/leaf.repository.js';
import { LogFolder } from '../../../../dist/apps/audit/src/tile/log-folder.js';
import { TileWriter } from '../../../../dist/apps/audit/src/tile/tile-writer.js';
import { dataSourceOptions } from '../../../../dist/libs/persistence/src/index.js';
import { createLogger } from '../../../../dist/libs/telemetry/src/index.js';

const [url, logFolder, size] = process.argv.slice(2);
const dataSource = await new DataSource(dataSourceOptions(auditDatabase(url))).initialize();
const logger = createLogger({ app: 'test', level: 'fatal' });
const writer = new TileWriter(new LeafRepository(dataSource), new LogFolder({ logFolder }), logger);
const isTraced = () =>
  fs
    .readdirSync('/proc/self/task')
    .every((task) => /^TracerPid:\t[1-9]/m.test(fs.readFileSync(`/proc/self/task/${task}/status`, 'utf8')));
process.stdout.write('ready\n');
while (!isTraced()) await setTimeout(10);
try {
  await writer.grow(0, Number(size));
} catch (error) {
  process.stderr.write(`${error.code}\n`);
  process.exitCode = 3;
}
await dataSource.destroy();
