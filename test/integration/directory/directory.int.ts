import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuid7 } from 'uuid';
import {
  type DirectoryChange,
  type DirectorySnapshot,
  directoryChangeAccepted,
  directoryChangeRefused,
  directoryChangeSubmitted,
} from '#libs/contracts';
import { parseFrame } from '#libs/envelope';
import { listParked, MAX_RECORD_BYTES } from '#libs/messaging';
import { schemaDrift } from '#libs/persistence';
import { createApp, type ReadinessReport } from '#libs/telemetry';
import { eventually, failOnLeaks, testBrokers, testDatabase } from '#libs/testing';
import { directoryDatabase } from '../../../apps/directory/src/database/database-settings.js';
import { directoryApp } from '../../../apps/directory/src/directory.app.js';
import { HubCommunity } from '../hub-community.js';
import { TcpProxy } from '../tcp-proxy.js';
import { DirectoryWorld } from './directory-world.js';

let world: DirectoryWorld;
beforeAll(async () => {
  world = await DirectoryWorld.begin();
}, 60_000);
afterAll(() => world?.end(), 30_000);
failOnLeaks();

describe('founding', () => {
  it('founds once, also when two instances start together, and publishes every founding change in order', async () => {
    const { length } = world.community.genesis;
    await eventually(() => expect(world.records.length).toBeGreaterThanOrEqual(length));
    const versions = await world.database.dataSource.query('select version from directory_change order by version');
    expect(versions.slice(0, length)).toEqual(world.community.genesis.map((_, index) => ({ version: index + 1 })));
    const copy = world.replica();
    for (const { value } of world.records.slice(0, length)) {
      const payload = JSON.parse(
        Buffer.from(parseFrame(value, MAX_RECORD_BYTES).eventJws.split('.')[1]!, 'base64url').toString(),
      );
      const { change, version, head } = payload.data.header;
      await copy.applyAccepted(change, version, head);
    }
    expect(copy.current.version).toBe(length);
  });

  it('starts again with the same founding changes or without any, and refuses others', async () => {
    for (const path of [world.community.genesisPath, undefined]) await (await world.start(path)).close();
    const foreign = await HubCommunity.found(['rs'], ['directory']);
    await expect(world.start(foreign.genesisPath)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining('A directory has one beginning'),
    });
    await foreign.dissolve();
  });

  it('refuses to start empty without founding changes, or with ones that do not verify', async () => {
    const empty = await testDatabase(directoryDatabase(''));
    const begin = (genesisPath: string | undefined) => world.start(genesisPath, empty.url);
    const folder = world.community.folder;
    const unsigned = path.join(folder, 'unsigned.json');
    const broken = path.join(folder, 'broken.json');
    const [change] = world.community.genesis;
    await writeFile(unsigned, JSON.stringify([{ ...change, signatures: change!.signatures.slice(0, 1) }]));
    await writeFile(broken, '[]');
    await expect(begin(undefined)).rejects.toMatchObject({
      message: expect.stringContaining('SERAI_DIRECTORY_GENESIS'),
    });
    await expect(begin(broken)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    await expect(begin(path.join(folder, 'missing.json'))).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    await expect(begin(unsigned)).rejects.toMatchObject({ code: 'ERR_TRUST_THRESHOLD' });
    expect(await empty.dataSource.query('select count(*)::int as n from directory_change')).toEqual([{ n: 0 }]);
    await empty.drop();
    await Promise.all([rm(unsigned), rm(broken)]);
  });

  it('refuses a schema that was not migrated, in a sentence that says what to run', async () => {
    const bare = await testDatabase();
    await expect(world.start(world.community.genesisPath, bare.url)).rejects.toMatchObject({
      code: 'ERR_DATABASE_SCHEMA',
      message: expect.stringContaining('dist/apps/directory/src/migrate.js'),
    });
    await bare.drop();
  });
});

describe('an instance that starts while the broker is away', () => {
  let proxy: TcpProxy;
  beforeEach(async () => {
    const { hostname, port } = new URL(`kafka://${testBrokers()[0]}`);
    proxy = await TcpProxy.to(hostname, Number(port));
    proxy.cut();
  });
  afterEach(() => proxy.close());

  const start = () => {
    const hub = world.community.settings('directory', world.database.url);
    const brokers = [`127.0.0.1:${proxy.port}`];
    return createApp(directoryApp({ hub: { ...hub, brokers }, genesisPath: undefined }));
  };
  const notReady = async (app: NestFastifyApplication) => {
    const { checks }: ReadinessReport = (await app.inject('/readyz')).json();
    return checks.filter(({ state }) => state === 'not-ready').map(({ name }) => name);
  };

  it('waits for it, unready, serves what it has meanwhile, and does its work once it is there', async () => {
    const app = await start();
    expect(await notReady(app)).toEqual(['broker', 'consumer']);
    expect((await world.snapshot('', {}, app)).statusCode).toBe(200);
    proxy.restore();
    await eventually(async () => expect(await notReady(app)).toEqual([]), { timeoutMs: 20_000 });
    await app.close();
  });

  it('ends when it is told to', async () => {
    const app = await start();
    expect(await notReady(app)).toContain('consumer');
    await app.close();
  });
});

describe('changes', () => {
  it('accepts a change that its kind allows, with a signed event that names its cause', async () => {
    const before = await world.current();
    const submission = await world.handIn('rs', await world.community.change(world.agency('rs', 'ncc')));
    const { event } = await world.answerTo(submission);
    expect(event).toMatchObject({
      type: directoryChangeAccepted.type,
      source: 'urn:serai:service:directory',
      data: { cause: submission.sha256, header: { audience: '*', version: before.version + 1 } },
    });
    const after = await world.current();
    expect(after.head).toBe((event.data.header as { head: string }).head);
    expect(after.agencyAt('urn:serai:agency:rs:ncc', new Date(Date.now() + 1000))).toBeDefined();
  });

  it("refuses another participant's agency, a repeated change and a forged signature, each to its sender alone", async () => {
    const { version } = await world.current();
    const repeated = await world.community.change(world.agency('iq', 'repeated'));
    const forged = {
      ...repeated,
      payload: Buffer.from(JSON.stringify(world.agency('iq', 'forged'))).toString('base64url'),
    };
    const lone = await world.community.change(world.agency('iq', 'lone'));
    const accepted = await world.handIn('iq', repeated);
    const refusals = [
      [await world.handIn('iq', repeated), 'ERR_DIRECTORY_CONFLICT'],
      [await world.handIn('iq', forged), 'ERR_DIRECTORY_MALFORMED'],
      [await world.handIn('iq', { ...lone, signatures: lone.signatures.slice(0, 1) }), 'ERR_TRUST_THRESHOLD'],
      [await world.handIn('iq', { payload: 'AAAA', signatures: repeated.signatures }), 'ERR_DIRECTORY_MALFORMED'],
    ] as const;
    expect((await world.answerTo(accepted)).event.type).toBe(directoryChangeAccepted.type);
    for (const [submission, code] of refusals) {
      const { event } = await world.answerTo(submission);
      expect(event.type).toBe(directoryChangeRefused.type);
      expect(event.data.header).toMatchObject({
        audience: [world.community.member('iq').urn],
        envelope: { id: submission.event.id, sha256: submission.sha256 },
        problem: { code },
      });
    }
    expect((await world.current()).version).toBe(version + 1);
  });

  it('takes nothing dated back, but the end of a key', async () => {
    const longAgo = new Date(Date.now() - 7_200_000).toISOString();
    const kid = world.community
      .member('iq')
      .keystore.publicKeys()
      .find(({ use }) => use === 'enc')!.kid;
    const dated = { ...world.agency('rs', 'dated-back'), effectiveFrom: longAgo };
    const end = { ...dated, id: uuid7(), kind: 'key-status-changed', kid, status: 'COMPROMISED' } as DirectoryChange;
    const refused = await world.answerTo(await world.handIn('rs', await world.community.change(dated)));
    expect(refused.event.data.header).toMatchObject({ problem: { code: 'ERR_DIRECTORY_MOMENT' } });
    const accepted = await world.answerTo(await world.handIn('rs', await world.community.change(end)));
    expect(accepted.event.type).toBe(directoryChangeAccepted.type);
    expect((await world.current()).encryptionKeysOf(world.community.member('iq').urn, new Date())).toEqual([]);
  });

  it('has one effect for a submission that comes twice, and parks what nobody registered signed', async () => {
    const submission = await world.handIn('rs', await world.community.change(world.agency('rs', 'twice')));
    await world.put(submission);
    await world.answerTo(submission);
    const stranger = await HubCommunity.found(['rs'], []);
    const header = { change: await stranger.change(world.agency('rs', 'stranger')) };
    const event = stranger.chained({
      source: stranger.member('rs').urn,
      type: directoryChangeSubmitted.type,
      subject: uuid7(),
      header,
    });
    await world.put(await stranger.sign(event, stranger.member('rs').keystore));
    await stranger.dissolve();
    const parked = await eventually(async () => {
      const rows = await listParked(world.database.dataSource, { consumer: 'directory' });
      expect(rows).toHaveLength(1);
      return rows;
    });
    expect(parked[0]).toMatchObject({ code: 'ERR_TRUST_UNKNOWN_KEY' });
    const later = await world.handIn('rs', await world.community.change(world.agency('rs', 'later')));
    await world.answerTo(later);
    const answers = world.records.filter(({ value }) => value.includes(submission.jws));
    expect(answers).toHaveLength(1);
  });

  it('never gives a version twice while two instances change the directory', async () => {
    const submissions = [];
    for (let n = 0; n < 10; n += 1) {
      submissions.push(
        await world.handIn(
          n % 2 ? 'rs' : 'iq',
          await world.community.change(world.agency(n % 2 ? 'rs' : 'iq', `race-${n}`)),
        ),
      );
    }
    for (const submission of submissions) await world.answerTo(submission);
    const rows: { version: number }[] = await world.database.dataSource.query(
      'select version from directory_change order by version',
    );
    expect(rows.map(({ version }) => version)).toEqual(rows.map((_, index) => index + 1));
    const whole = world.replica();
    await whole.load((await world.snapshot('', {}, world.second)).json());
    expect(whole.current.version).toBe(rows.length);
  });
});

describe('snapshots', () => {
  it('serves all changes with a statement that verifies, the same bytes for one version', async () => {
    const once = await world.snapshot();
    expect((await world.snapshot()).body).toBe(once.body);
    const copy = world.replica();
    await copy.load(once.json());
    expect(copy.current.version).toBe(once.json().changes.length);
  });

  it('answers 304 to who knows the version, also from another instance, and a delta since a version', async () => {
    const whole = await world.snapshot();
    const etag = whole.headers['etag'] as string;
    const unchanged = await world.snapshot('', { 'if-none-match': etag }, world.second);
    expect([unchanged.statusCode, unchanged.body]).toEqual([304, '']);
    expect((await world.snapshot('', { 'if-none-match': 'W/"other"' })).statusCode).toBe(200);
    const { version, changes } = whole.json() as DirectorySnapshot;
    const delta = (await world.snapshot(`?since=${version - 2}`)).json();
    expect(delta).toMatchObject({ since: version - 2, version, changes: changes.slice(-2) });
    expect((await world.snapshot(`?since=${version}`)).json().changes).toEqual([]);
  });

  it('refuses callers without a token, with one for another service, and versions that do not exist', async () => {
    expect((await world.first.inject('/v1/directory')).json()).toMatchObject({
      status: 401,
      code: 'ERR_CALLER_UNAUTHENTICATED',
    });
    const foreign = await world.community.authorization('rs', 'gateway');
    expect((await world.snapshot('', { authorization: foreign })).statusCode).toBe(401);
    const authorization = await world.community.authorization('rs', 'directory');
    expect((await world.snapshot('', { authorization })).statusCode).toBe(200);
    expect((await world.snapshot('', { authorization })).json()).toMatchObject({ code: 'ERR_CALLER_TOKEN_REPLAYED' });
    expect((await world.snapshot('?since=9999')).json()).toMatchObject({ status: 400, code: 'ERR_CURSOR_INVALID' });
    expect((await world.snapshot('?since=-1')).json()).toMatchObject({ status: 422, code: 'ERR_REQUEST_INVALID' });
  });

  it('never hands out a table that somebody rewrote', async () => {
    const row = await world.database.dataSource.query('select * from directory_change where version = 1');
    await world.database.dataSource.query(
      'update directory_change set change = (select change from directory_change where version = 2) where version = 1',
    );
    await expect(world.start(undefined)).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(TRUST|DIRECTORY)_/),
    });
    await world.database.dataSource.query('update directory_change set change = $1 where version = 1', [
      JSON.stringify(row[0].change),
    ]);
    await (await world.start(undefined)).close();
  });

  it('has entities and migrations that agree', async () => {
    expect(await schemaDrift(world.database.dataSource)).toEqual([]);
  });
});
