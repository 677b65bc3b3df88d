import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import type { DeskNudges } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import { MailServer } from './support/mail-server.js';
import { deskUrnOf, NudgeWorld } from './support/nudge-world.js';

jest.setTimeout(120_000);

const MAILBOX = 'duty@iq.example';

interface Call {
  readonly path: string;
  readonly id: string;
  readonly waits: { readonly urgent: number; readonly others: number };
}

const server = new MailServer();
const calls: Call[] = [];
/** Whether the receiver answers what it takes. */
let answers = true;
/** Whether the receiver reads what comes over a new connection. */
let reads = true;
const unread: net.Socket[] = [];
const receiver = http.createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.once('end', () => {
    const { urgent, others } = JSON.parse(body).data;
    calls.push({ path: request.url!, id: String(request.headers['webhook-id']), waits: { urgent, others } });
    if (answers) response.writeHead(204).end();
  });
});
const entrance = net.createServer((socket) => {
  if (reads) receiver.emit('connection', socket);
  else unread.push(socket.on('error', () => undefined));
});

let world: NudgeWorld;
let environment: Record<string, string>;

beforeAll(async () => {
  await new Promise<void>((resolve) => entrance.listen(0, '127.0.0.1', resolve));
  const mail = { url: await server.start(), from: 'nudges@hub.example' };
  world = await NudgeWorld.begin({ mail, webhookTargets: 'any' }, ['ncc', 'planned', 'queued', 'claimed']);
  for (const desk of ['planned', 'queued', 'claimed']) await world.set(desk, { contacts: [webhookOf(desk)] });
  await world.set('ncc', { contacts: [{ name: 'mail', email: MAILBOX, receives: 'EVERYTHING' }, webhookOf('ncc')] });
  await world.stop();
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
  for (const socket of unread) socket.destroy();
  await world?.end();
  await server.stop();
  await new Promise((resolve) => entrance.close(resolve));
}, 40_000);
failOnLeaks();

function webhookOf(desk: string): DeskNudges['contacts'][number] {
  const { port } = entrance.address() as AddressInfo;
  return { name: 'system', webhook: `http://127.0.0.1:${port}/${desk}`, receives: 'EVERYTHING' };
}

/** Notifications as a process of its own, from what the build wrote. */
function start(): ChildProcess {
  const program = path.resolve('dist/apps/notifications/src/main.js');
  return spawn(process.execPath, [program], { env: environment, stdio: ['pipe', 'ignore', 'ignore'] });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

const to = (desk: string) => calls.filter((call) => call.path === `/${desk}`);
const sql = (text: string, parameters?: unknown[]) => world.database.dataSource.query(text, parameters);

/** Waits until a query finds something. */
const found = (text: string, parameters?: unknown[]) =>
  eventually(
    async () => {
      const rows = await sql(text, parameters);
      expect(rows).not.toEqual([]);
      return rows;
    },
    { timeoutMs: 60_000 },
  );

/** Whoever died leaves nothing undone: after a new start all is sent, and the process that did it has nothing left. */
async function restartUntilNothingWaits(expected: () => void): Promise<void> {
  // The lease of whoever died runs out by itself after two minutes.
  await sql('update nudge_target set leased_until = now()');
  const second = start();
  try {
    await eventually(expected, { timeoutMs: 60_000 });
    await eventually(async () => {
      expect(await sql('select 1 from waiting_item')).toEqual([]);
      expect(await sql('select 1 from nudge_item')).toEqual([]);
      expect(await sql('select 1 from nudge_target where nudge is not null')).toEqual([]);
    });
  } finally {
    await end(second, 'SIGTERM');
  }
  expected();
}

/** Does something while a statement of the test holds its locks. */
async function whileLocked(lock: string, work: () => Promise<void>): Promise<void> {
  const session = world.database.dataSource.createQueryRunner();
  await session.startTransaction();
  try {
    await session.query(lock);
    await work();
  } finally {
    await session.rollbackTransaction();
    await session.release();
  }
}

it('a kill -9 in the middle of planning: what waits is planned after the next start, and goes out once', async () => {
  // Planning takes what waits, and then stands still where it would queue it.
  await whileLocked('lock table nudge_target in share mode', async () => {
    const first = start();
    await world.accepted('planned');
    await found(`select 1 from pg_locks l where not l.granted and l.relation = 'nudge_target'::regclass`);
    await end(first, 'SIGKILL');
  });
  expect(to('planned')).toEqual([]);
  await restartUntilNothingWaits(() => expect(to('planned')).toHaveLength(1));
  expect(to('planned')[0]!.waits).toEqual({ urgent: 1, others: 0 });
});

it('a kill -9 between planning and the claim: it goes out once', async () => {
  const desk = deskUrnOf('queued');
  await sql(
    `insert into nudge_target (id, desk, kind, address, failures, urgent_items, other_items)
     values (gen_random_uuid(), $1, 'webhook', $2, 0, 0, 0)`,
    [desk, webhookOf('queued').webhook],
  );
  // Whoever claims passes over a contact that somebody else holds.
  await whileLocked(`select 1 from nudge_target where desk = '${desk}' for no key update`, async () => {
    const first = start();
    await world.accepted('queued');
    await found('select 1 from nudge_item i join nudge_target t on t.id = i.target where t.desk = $1', [desk]);
    await end(first, 'SIGKILL');
  });
  expect(to('queued')).toEqual([]);
  await restartUntilNothingWaits(() => expect(to('queued')).toHaveLength(1));
  expect(to('queued')[0]!.waits).toEqual({ urgent: 1, others: 0 });
});

it('a kill -9 between the claim and the sending: it goes out once, under the id that was claimed', async () => {
  reads = false;
  const first = start();
  await world.accepted('claimed');
  const desk = deskUrnOf('claimed');
  const [{ nudge }] = await found('select nudge from nudge_target where nudge is not null and desk = $1', [desk]);
  await end(first, 'SIGKILL');
  reads = true;
  expect(to('claimed')).toEqual([]);
  await restartUntilNothingWaits(() => expect(to('claimed')).toHaveLength(1));
  expect(to('claimed')).toEqual([{ path: '/claimed', id: nudge, waits: { urgent: 1, others: 0 } }]);
});

it('a kill -9 in the middle of sending: it comes once more, under the same id, and then no more', async () => {
  server.silent = true;
  answers = false;
  const first = start();
  await world.accepted('ncc');
  const came = (count: number) => () => {
    expect(server.to(MAILBOX)).toHaveLength(count);
    expect(to('ncc')).toHaveLength(count);
  };
  await eventually(came(1), { timeoutMs: 60_000 });
  await end(first, 'SIGKILL');
  server.silent = false;
  answers = true;
  await restartUntilNothingWaits(came(2));
  const [mail, again] = server.to(MAILBOX);
  expect([again!.messageId, again!.subject]).toEqual([mail!.messageId, mail!.subject]);
  expect(to('ncc')[1]!.id).toBe(to('ncc')[0]!.id);
});
