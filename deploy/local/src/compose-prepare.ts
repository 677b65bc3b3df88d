import fs from 'node:fs';
import path from 'node:path';
import { LOG_SIGNER, PARTICIPANTS } from './community/community.js';
import { foundCommunity } from './community/founding.js';
import { type AppContext, envOf, instancesFor, signerEnvOf } from './constellation/apps.js';
import { prepareServers } from './constellation/prepare-servers.js';
import { runCommand } from './run-command.js';

// The one-shot service "prepare" of docker-compose.yml: keys, databases, topics, and a file of settings for each app.

const FOLDER = '/var/lib/serai';

/** A line that a shell reads back as it was. */
const assignment = ([name, value]: readonly [string, string]): string =>
  `${name}='${value.replaceAll("'", `'\\''`)}'\n`;

await runCommand(async () => {
  const founding = await foundCommunity(FOLDER, PARTICIPANTS);
  const instances = instancesFor(PARTICIPANTS);
  const context: AppContext = {
    postgresUrl: process.env['SERAI_POSTGRES_URL'] ?? '',
    brokers: (process.env['SERAI_KAFKA_BROKERS'] ?? '').split(','),
    namespace: 'serai',
    topicPrefix: '',
    founding,
    addresses: Object.fromEntries(instances.map(({ name, defaultPort }) => [name, `http://127.0.0.1:${defaultPort}`])),
    // A published port reaches a container from outside its loopback address.
    listenHost: '0.0.0.0',
  };
  await prepareServers(instances, context);
  const folder = path.join(FOLDER, 'env');
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const settings = [
    ...instances.map((instance) => [instance.name, envOf(instance, context)] as const),
    [LOG_SIGNER, signerEnvOf(context)] as const,
  ];
  for (const [name, env] of settings) {
    const lines = Object.entries(env).map(assignment);
    fs.writeFileSync(path.join(folder, `${name}.env`), lines.join(''), { mode: 0o600 });
  }
  console.log(`Officers: ${PARTICIPANTS.flatMap(({ officers }) => officers.map(({ login }) => login)).join(', ')}`);
  console.log(`Everybody's password is ${founding.demoPassword}`);
});
