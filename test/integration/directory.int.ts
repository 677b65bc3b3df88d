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
  type SignedDirectoryChange,
} from '#libs/contracts';
import { assertCause, parseFrame, type SignedEnvelope, type VerifiedEnvelope, verifyEnvelope } from '#libs/envelope';
import { KafkaRecordProducer, listParked, MAX_RECORD_BYTES, type ReceivedRecord, TopicReader } from '#libs/messaging';
import { schemaDrift } from '#libs/persistence';
import { createApp } from '#libs/telemetry';
import { eventually, failOnLeaks, type TestDatabase, testDatabase } from '#libs/testing';
import { Directory, DirectoryReplica } from '#libs/trust';
import { directoryDatabase } from '../../apps/directory/src/database/database-settings.js';
import { directoryApp } from '../../apps/directory/src/directory.app.js';
import { HubCommunity } from './hub-community.js';

let community: HubCommunity;
let database: TestDatabase;
let first: NestFastifyApplication;
let second: NestFastifyApplication;
let reader: TopicReader;
let producer: KafkaRecordProducer;
const records: ReceivedRecord[] = [];

const configOf = (genesisPath: string | undefined) => ({
  hub: community.settings('directory', database.url),
  genesisPath,
});
const start = (genesisPath: string | undefined = community.genesisPath) =>
  createApp(directoryApp(configOf(genesisPath)));

beforeAll(async () => {
  community = await HubCommunity.found(['rs', 'iq'], ['gateway', 'directory']);
  await community.createTopics();
  database = await testDatabase(directoryDatabase(''));
  producer = new KafkaRecordProducer(community.connection());
  await producer.connect();
  reader = new TopicReader({
    connection: community.connection(),
    topic: 'directory.events',
    name: 'test',
    handle: async (record) => void records.push(record),
    onCrash: () => undefined,
  });
  await reader.start();
  // Both at once: only one may found the directory.
  [first, second] = await Promise.all([start(), start()]);
  for (const app of [first, second]) {
    await eventually(async () => expect((await app.inject('/readyz')).json()).toMatchObject({ ready: true }), {
      timeoutMs: 20_000,
    });
  }
}, 60_000);

afterAll(async () => {
  await reader?.stop();
  await producer?.disconnect();
  await Promise.all([first?.close(), second?.close()]);
  await database?.drop();
  await community?.dissolve();
}, 30_000);
failOnLeaks();

async function snapshot(query = '', headers: Record<string, string> = {}, app = first) {
  const authorization = await community.authorization('rs', 'directory');
  return app.inject({ url: `/v1/directory${query}`, headers: { authorization, ...headers } });
}

const replica = () => new DirectoryReplica({ realm: 'production', roots: community.roots, audience: 'any' });

async function current(): Promise<Directory> {
  const copy = replica();
  await copy.load((await snapshot()).json());
  return copy.current;
}

/** Hands in a change as the gateway would put it on the topic. */
async function handIn(from: string, change: SignedDirectoryChange): Promise<SignedEnvelope> {
  const { urn, keystore } = community.member(from);
  const type = directoryChangeSubmitted.type;
  const event = community.chained({ source: urn, type, subject: uuid7(), header: { change } });
  const envelope = await community.sign(event, keystore);
  await put(envelope);
  return envelope;
}

const put = (envelope: SignedEnvelope) =>
  producer.send({ topic: 'directory.submissions', key: envelope.event.subject, value: Buffer.from(envelope.jws) });

/** The event that answers a submission, as others verify it. */
async function answerTo(submission: SignedEnvelope): Promise<VerifiedEnvelope> {
  return eventually(async () => {
    const directory = await current();
    for (const record of records) {
      const { eventJws, causeJws } = parseFrame(record.value, MAX_RECORD_BYTES);
      if (causeJws !== submission.jws) continue;
      const verified = await verifyEnvelope(eventJws, {
        realm: 'production',
        channel: 'directory.events',
        keys: directory.keyResolver(),
        at: record.appendedAt,
        audience: 'any',
      });
      assertCause(verified, causeJws);
      return verified;
    }
    throw new Error('no answer yet');
  });
}

const agency = (participant: string, name: string): DirectoryChange => ({
  id: uuid7(),
  realm: 'production',
  effectiveFrom: new Date().toISOString(),
  kind: 'agency-registered',
  agency: {
    id: `urn:serai:agency:${participant}:${name}`,
    participant: community.member(participant).urn,
    name: `Agency ${name} (synthetic)`,
  },
});

describe('founding', () => {
  it('founds once, also when two instances start together, and publishes every founding change in order', async () => {
    const { length } = community.genesis;
    await eventually(() => expect(records.length).toBeGreaterThanOrEqual(length));
    const versions = await database.dataSource.query('select version from directory_change order by version');
    expect(versions.slice(0, length)).toEqual(community.genesis.map((_, index) => ({ version: index + 1 })));
    const copy = replica();
    for (const { value } of records.slice(0, length)) {
      const payload = JSON.parse(
        Buffer.from(parseFrame(value, MAX_RECORD_BYTES).eventJws.split('.')[1]!, 'base64url').toString(),
      );
      const { change, version, head } = payload.data.header;
      await copy.applyAccepted(change, version, head);
    }
    expect(copy.current.version).toBe(length);
  });

  it('starts again with the same founding changes or without any, and refuses others', async () => {
    for (const path of [community.genesisPath, undefined]) await (await start(path)).close();
    const foreign = await HubCommunity.found(['rs'], ['directory']);
    await expect(start(foreign.genesisPath)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining('A directory has one beginning'),
    });
    await foreign.dissolve();
  });

  it('refuses to start empty without founding changes, or with ones that do not verify', async () => {
    const empty = await testDatabase(directoryDatabase(''));
    const settings = { ...community.settings('directory', empty.url) };
    const begin = (genesisPath: string | undefined) => createApp(directoryApp({ hub: settings, genesisPath }));
    const folder = community.folder;
    const unsigned = path.join(folder, 'unsigned.json');
    const broken = path.join(folder, 'broken.json');
    const [change] = community.genesis;
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
    const hub = community.settings('directory', bare.url);
    await expect(createApp(directoryApp({ hub, genesisPath: community.genesisPath }))).rejects.toMatchObject({
      code: 'ERR_DATABASE_SCHEMA',
      message: expect.stringContaining('dist/apps/directory/src/migrate.js'),
    });
    await bare.drop();
  });
});

describe('changes', () => {
  it('accepts a change that its kind allows, with a signed event that names its cause', async () => {
    const before = await current();
    const submission = await handIn('rs', await community.change(agency('rs', 'ncc')));
    const { event } = await answerTo(submission);
    expect(event).toMatchObject({
      type: directoryChangeAccepted.type,
      source: 'urn:serai:service:directory',
      data: { cause: submission.sha256, header: { audience: '*', version: before.version + 1 } },
    });
    const after = await current();
    expect(after.head).toBe((event.data.header as { head: string }).head);
    expect(after.agencyAt('urn:serai:agency:rs:ncc', new Date(Date.now() + 1000))).toBeDefined();
  });

  it("refuses another participant's agency, a repeated change and a forged signature, each to its sender alone", async () => {
    const { version } = await current();
    const repeated = await community.change(agency('iq', 'repeated'));
    const forged = { ...repeated, payload: Buffer.from(JSON.stringify(agency('iq', 'forged'))).toString('base64url') };
    const lone = await community.change(agency('iq', 'lone'));
    const accepted = await handIn('iq', repeated);
    const refusals = [
      [await handIn('iq', repeated), 'ERR_DIRECTORY_CONFLICT'],
      [await handIn('iq', forged), 'ERR_DIRECTORY_MALFORMED'],
      [await handIn('iq', { ...lone, signatures: lone.signatures.slice(0, 1) }), 'ERR_TRUST_THRESHOLD'],
      [await handIn('iq', { payload: 'AAAA', signatures: repeated.signatures }), 'ERR_DIRECTORY_MALFORMED'],
    ] as const;
    expect((await answerTo(accepted)).event.type).toBe(directoryChangeAccepted.type);
    for (const [submission, code] of refusals) {
      const { event } = await answerTo(submission);
      expect(event.type).toBe(directoryChangeRefused.type);
      expect(event.data.header).toMatchObject({
        audience: [community.member('iq').urn],
        envelope: { id: submission.event.id, sha256: submission.sha256 },
        problem: { code },
      });
    }
    expect((await current()).version).toBe(version + 1);
  });

  it('has one effect for a submission that comes twice, and parks what nobody registered signed', async () => {
    const submission = await handIn('rs', await community.change(agency('rs', 'twice')));
    await put(submission);
    await answerTo(submission);
    const stranger = await HubCommunity.found(['rs'], []);
    const header = { change: await stranger.change(agency('rs', 'stranger')) };
    const event = stranger.chained({
      source: stranger.member('rs').urn,
      type: directoryChangeSubmitted.type,
      subject: uuid7(),
      header,
    });
    await put(await stranger.sign(event, stranger.member('rs').keystore));
    await stranger.dissolve();
    const parked = await eventually(async () => {
      const rows = await listParked(database.dataSource, { consumer: 'directory' });
      expect(rows).toHaveLength(1);
      return rows;
    });
    expect(parked[0]).toMatchObject({ code: 'ERR_TRUST_UNKNOWN_KEY' });
    const later = await handIn('rs', await community.change(agency('rs', 'later')));
    await answerTo(later);
    const answers = records.filter(({ value }) => value.includes(submission.jws));
    expect(answers).toHaveLength(1);
  });

  it('never gives a version twice while two instances change the directory', async () => {
    const submissions = [];
    for (let n = 0; n < 10; n += 1) {
      submissions.push(
        await handIn(n % 2 ? 'rs' : 'iq', await community.change(agency(n % 2 ? 'rs' : 'iq', `race-${n}`))),
      );
    }
    for (const submission of submissions) await answerTo(submission);
    const rows: { version: number }[] = await database.dataSource.query(
      'select version from directory_change order by version',
    );
    expect(rows.map(({ version }) => version)).toEqual(rows.map((_, index) => index + 1));
    const whole = replica();
    await whole.load((await snapshot('', {}, second)).json());
    expect(whole.current.version).toBe(rows.length);
  });
});

describe('snapshots', () => {
  it('serves all changes with a statement that verifies, the same bytes for one version', async () => {
    const once = await snapshot();
    expect((await snapshot()).body).toBe(once.body);
    const copy = replica();
    await copy.load(once.json());
    expect(copy.current.version).toBe(once.json().changes.length);
  });

  it('answers 304 to who knows the version, also from another instance, and a delta since a version', async () => {
    const whole = await snapshot();
    const etag = whole.headers['etag'] as string;
    const unchanged = await snapshot('', { 'if-none-match': etag }, second);
    expect([unchanged.statusCode, unchanged.body]).toEqual([304, '']);
    expect((await snapshot('', { 'if-none-match': 'W/"other"' })).statusCode).toBe(200);
    const { version, changes } = whole.json() as DirectorySnapshot;
    const delta = (await snapshot(`?since=${version - 2}`)).json();
    expect(delta).toMatchObject({ since: version - 2, version, changes: changes.slice(-2) });
    expect((await snapshot(`?since=${version}`)).json().changes).toEqual([]);
  });

  it('refuses callers without a token, with one for another service, and versions that do not exist', async () => {
    expect((await first.inject('/v1/directory')).json()).toMatchObject({
      status: 401,
      code: 'ERR_CALLER_UNAUTHENTICATED',
    });
    const foreign = await community.authorization('rs', 'gateway');
    expect((await snapshot('', { authorization: foreign })).statusCode).toBe(401);
    expect((await snapshot('?since=9999')).json()).toMatchObject({ status: 400, code: 'ERR_CURSOR_INVALID' });
    expect((await snapshot('?since=-1')).json()).toMatchObject({ status: 422, code: 'ERR_REQUEST_INVALID' });
  });

  it('never hands out a table that somebody rewrote', async () => {
    const row = await database.dataSource.query('select * from directory_change where version = 1');
    await database.dataSource.query(
      'update directory_change set change = (select change from directory_change where version = 2) where version = 1',
    );
    await expect(start(undefined)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_(TRUST|DIRECTORY)_/) });
    await database.dataSource.query('update directory_change set change = $1 where version = 1', [
      JSON.stringify(row[0].change),
    ]);
    await (await start(undefined)).close();
  });

  it('has entities and migrations that agree', async () => {
    expect(await schemaDrift(database.dataSource)).toEqual([]);
  });
});
