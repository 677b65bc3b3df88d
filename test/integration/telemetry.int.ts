import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { eventually, failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { directoryDatabase } from '../../apps/directory/src/database/database-settings.js';
import { HubCommunity } from './hub-community.js';

const CHECKOUT = path.resolve(__dirname, '../..');

/** An app as its own process, from what the build wrote. */
class AppRun {
  readonly lines: Record<string, unknown>[] = [];
  readonly errors: string[] = [];
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(app: string, script: 'main' | 'migrate', env: Record<string, string>) {
    const file = path.join(CHECKOUT, 'dist/apps', app, 'src', `${script}.js`);
    this.child = spawn(process.execPath, [file], {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.lines.push(JSON.parse(line)));
    createInterface({ input: this.child.stderr! }).on('line', (line) => this.errors.push(line));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  async address(): Promise<string> {
    return eventually(() => {
      const line = this.lines.find(({ msg }) => msg === 'listening');
      expect(line).toBeDefined();
      return String(line!['address']);
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  endInput(): void {
    this.child.stdin!.end();
  }
}

let community: HubCommunity;
let database: TestDatabase;
let environment: Record<string, string>;

beforeAll(async () => {
  community = await HubCommunity.found(['rs'], ['directory']);
  await community.createTopics();
  database = await testDatabase(directoryDatabase(''));
  const { brokers, rootKeysPath, keystore } = community.settings('directory', database.url);
  environment = {
    SERAI_DIRECTORY_PORT: '0',
    SERAI_POSTGRES_URL: database.url,
    SERAI_KAFKA_BROKERS: brokers.join(','),
    SERAI_KAFKA_TOPIC_PREFIX: community.topicPrefix,
    SERAI_ROOT_KEYS: rootKeysPath,
    SERAI_KEYSTORE: keystore.path,
    SERAI_KEYSTORE_PASSPHRASE: keystore.passphrase,
    SERAI_DIRECTORY_GENESIS: community.genesisPath,
  };
}, 30_000);

afterAll(async () => {
  await database?.drop();
  await community?.dissolve();
});
failOnLeaks();

async function running(env: Record<string, string> = {}): Promise<AppRun> {
  const run = new AppRun('directory', 'main', { ...environment, ...env });
  const address = await run.address();
  await eventually(async () => expect((await fetch(`${address}/readyz`)).status).toBe(200), { timeoutMs: 20_000 });
  return run;
}

describe('an app as a process', () => {
  it('ends in good order on SIGTERM, and has logged nothing above info', async () => {
    const run = await running();
    run.signal('SIGTERM');
    expect(await run.ended).toBe(0);
    expect(run.errors.join('\n')).not.toMatch(/Error/);
    const loud = run.lines.filter(({ level }) => ['warn', 'error', 'fatal'].includes(String(level)));
    expect(loud).toEqual([]);
    expect(run.lines.every(({ app, time }) => app === 'directory' && String(time).endsWith('Z'))).toBe(true);
  }, 30_000);

  it('ends with its parent', async () => {
    const run = await running({ SERAI_PARENT_PIPE: '1' });
    run.endInput();
    expect(await run.ended).toBe(0);
  }, 30_000);

  it('ends although nobody reads its log any more', async () => {
    const logger = path.join(CHECKOUT, 'dist/libs/telemetry/src/index.js');
    const program = `
      import { createLogger } from ${JSON.stringify(logger)};
      const logger = createLogger({ app: 'directory', level: 'info' });
      process.stdin.resume().on('end', () => {
        logger.warn('to nobody');
        logger.fatal('to nobody');
        setTimeout(() => process.exit(7), 10);
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: CHECKOUT,
      timeout: 20_000,
      killSignal: 'SIGKILL',
    });
    child.stdout.destroy();
    child.stdin.end();
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(7);
  });

  it('serves metrics of process and service, without a name of anybody', async () => {
    const run = await running();
    const metrics = await (await fetch(`${await run.address()}/metrics`)).text();
    run.signal('SIGINT');
    expect(await run.ended).toBe(0);
    expect(metrics).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(metrics).toMatch(/^serai_directory_version [1-9]/m);
    expect(metrics).toMatch(/^serai_outbox_oldest_unsent_seconds 0/m);
    expect(metrics).not.toContain('urn:serai:participant');
  }, 30_000);

  it.each([
    ['a variable that is missing', { SERAI_KEYSTORE: '' }, 'Wrong configuration: SERAI_KEYSTORE is not set.'],
    ['a wrong passphrase', { SERAI_KEYSTORE_PASSPHRASE: 'wrong' }, /^The keystore \S+ cannot be opened/],
    ['root keys that are not there', { SERAI_ROOT_KEYS: '/nowhere' }, /^The root keys in \/nowhere can not be read/],
    [
      'an address that is not ours',
      { SERAI_DIRECTORY_HOST: '192.0.2.1' },
      /^directory can not listen on 192\.0\.2\.1:0: /,
    ],
  ])(
    'does not start with %s: one sentence and exit code 1',
    async (_what, env, sentence) => {
      const run = new AppRun('directory', 'main', { ...environment, ...env });
      expect(await run.ended).toBe(1);
      expect(run.errors).toHaveLength(1);
      expect(run.errors[0]).toMatch(sentence);
    },
    30_000,
  );
});

describe('migrate', () => {
  it('brings a bare database up to date, says what ran, and finds nothing to do the second time', async () => {
    const bare = await testDatabase();
    const env = { ...environment, SERAI_POSTGRES_URL: bare.url };
    const all = directoryDatabase('').migrations.map((Migration) => new Migration().name ?? Migration.name);
    const byTime = all.toSorted((one, other) => one.slice(-13).localeCompare(other.slice(-13)));
    for (const migrations of [byTime, []]) {
      const run = new AppRun('directory', 'migrate', env);
      expect(await run.ended).toBe(0);
      expect(run.lines).toMatchObject([{ msg: 'schema is current', migrations }]);
    }
    await bare.drop();
  }, 30_000);

  it('refuses a database that is not there with exit code 1, without its password', async () => {
    const url = new URL(database.url);
    url.pathname = '/nowhere';
    url.password = 'hunter2';
    const run = new AppRun('directory', 'migrate', { ...environment, SERAI_POSTGRES_URL: url.href });
    expect(await run.ended).toBe(1);
    expect(run.errors).toEqual([expect.stringMatching(/^Can not start: .+\((28P01|3D000)\)\.$/)]);
    expect([...run.errors, ...run.lines.map((line) => JSON.stringify(line))].join('\n')).not.toContain('hunter2');
  }, 30_000);
});
