import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startInfra } from './infra/infra.js';
import { guardFolder } from './infra/processes.js';
import { runCommand, untilStopped } from './run-command.js';

// `node deploy/local/bootstrap.mjs infra`: PostgreSQL and Kafka for developers, with data that is thrown away at the end.
await runCommand(async () => {
  const checkout = path.resolve(import.meta.dirname, '../../../..');
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'serai-infra-'));
  fs.chmodSync(dataDir, 0o711);
  const release = guardFolder(dataDir);
  const stopped = untilStopped();
  try {
    const infra = await startInfra({
      checkout,
      dataDir,
      env: process.env,
      keepData: false,
      log: (line) => console.error(line),
    });
    console.log(`export SERAI_TEST_POSTGRES_URL=${infra.postgres.url}`);
    console.log(`export SERAI_TEST_KAFKA_BROKERS=${infra.kafka.brokers.join(',')}`);
    console.error(
      'Give these two lines to the shell in which you run tests. Ctrl-C ends both servers and removes their data.',
    );
    await stopped;
    await infra.stop();
  } finally {
    fs.rmSync(dataDir, { recursive: true, force: true });
    release();
  }
});
