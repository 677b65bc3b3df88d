import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { eventually, failOnLeaks } from '#libs/testing';
import { MailServer } from './support/mail-server.js';
import { NudgeWorld } from './support/nudge-world.js';

jest.setTimeout(120_000);

const MAILBOX = 'duty@iq.example';
const server = new MailServer();
const webhookIds: string[] = [];
/** Whether the receiver answers what it takes. */
let answers = false;
const receiver = http.createServer((request, response) => {
  request.resume().once('end', () => {
    webhookIds.push(String(request.headers['webhook-id']));
    if (answers) response.writeHead(204).end();
  });
});

let world: NudgeWorld;
let environment: Record<string, string>;

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const mail = { url: await server.start(), from: 'nudges@hub.example' };
  world = await NudgeWorld.begin({ mail, webhookTargets: 'any' }, ['ncc']);
  const { app: _, ...hub } = world.community.settings('notifications', world.database.url);
  environment = {
    SERAI_NOTIFICATIONS_PORT: '0',
    SERAI_NOTIFICATIONS_SMTP_URL: mail.url,
    SERAI_NOTIFICATIONS_MAIL_FROM: mail.from,
    SERAI_NOTIFICATIONS_WEBHOOK_TARGETS: 'any',
    SERAI_POSTGRES_URL: hub.postgresUrl,
    SERAI_KAFKA_BROKERS: hub.brokers.join(','),
    SERAI_KAFKA_TOPIC_PREFIX: hub.topicPrefix,
    SERAI_ROOT_KEYS: hub.rootKeysPath,
    SERAI_KEYSTORE: hub.keystore.path,
    SERAI_KEYSTORE_PASSPHRASE: hub.keystore.passphrase,
    SERAI_PARENT_PIPE: '1',
  };
}, 90_000);
afterAll(async () => {
  receiver.closeAllConnections();
  await world?.end();
  await server.stop();
  await new Promise((resolve) => receiver.close(resolve));
}, 40_000);
failOnLeaks();

/** Notifications as a process of its own, from what the build wrote. */
function start(): ChildProcess {
  const child = spawn(process.execPath, [path.resolve('dist/apps/notifications/src/main.js')], {
    env: environment,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

const came = (count: number) =>
  eventually(
    () => {
      expect(server.to(MAILBOX)).toHaveLength(count);
      expect(webhookIds).toHaveLength(count);
    },
    { timeoutMs: 60_000 },
  );

it('a nudge that was under way at a kill -9 comes once more, under the same id, and then no more', async () => {
  const port = (receiver.address() as AddressInfo).port;
  const contacts = [
    { name: 'mail', email: MAILBOX, receives: 'EVERYTHING' },
    { name: 'system', webhook: `http://127.0.0.1:${port}/nudges`, receives: 'EVERYTHING' },
  ] as const;
  await world.set('ncc', { contacts: [...contacts] });
  await world.stop();

  server.silent = true;
  const first = start();
  await world.accepted('ncc');
  await came(1);
  await end(first, 'SIGKILL');

  server.silent = false;
  answers = true;
  // The lease of whoever died runs out by itself after two minutes.
  await world.database.dataSource.query('update nudge_target set leased_until = now()');
  const second = start();
  try {
    await came(2);
    const [mail, again] = server.to(MAILBOX);
    expect([again!.messageId, again!.subject]).toEqual([mail!.messageId, mail!.subject]);
    expect(webhookIds[1]).toBe(webhookIds[0]);
    await eventually(async () => {
      const open = await world.database.dataSource.query('select 1 from nudge_target where nudge is not null');
      expect(open).toEqual([]);
    });
  } finally {
    await end(second, 'SIGTERM');
  }
  await came(2);
});
