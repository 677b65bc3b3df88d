import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, failOnLeaks } from '#libs/testing';
import { parseNote, parsePolicy, readRoot, tileHashReader, verifyByPolicy } from '#libs/transparency-log';
import { WitnessedHead } from '../../../apps/audit/src/progress/witnessed-head.js';
import { LogFolder } from '../../../apps/audit/src/tile/log-folder.js';
import { LogWorld } from './log-world.js';
import type { SignerProcess } from './support/signer-process.js';
import { WitnessedLog } from './support/witnessed-log.js';

jest.setTimeout(240_000);

describe('the log, from a record to its witnesses', () => {
  let world: LogWorld;
  let log: WitnessedLog;
  let signer: SignerProcess;

  beforeEach(async () => {
    log = await WitnessedLog.begin(await LogWorld.begin());
    ({ world, signer } = log);
  });
  afterEach(() => log.end());
  failOnLeaks();

  /** What is published covers all leaves, under the policy of the community, and the tiles lead to it. */
  async function expectPublished(): Promise<void> {
    const folder = new LogFolder({ logFolder: world.logFolder });
    await eventually(
      async () => {
        const note = parseNote((await folder.readCheckpoint())!);
        const { checkpoint } = verifyByPolicy(note, parsePolicy(Buffer.from(world.community.log!.policy)));
        expect(checkpoint.size).toBe(await world.size());
        const readHashes = tileHashReader(checkpoint.size, (tile) => folder.readTile(tile));
        expect(await readRoot(checkpoint.size, readHashes)).toEqual(checkpoint.root);
      },
      { timeoutMs: 90_000 },
    );
  }

  it('publishes what enough witnesses have seen, serves it, and knows it', async () => {
    const app = await world.start();
    await world.submit(30);
    await world.expectWhole();
    await expectPublished();
    const { body } = await app.inject('/log/checkpoint');
    expect(body).toContain('— rs.witness ');
    expect((await app.inject('/metrics')).body).toMatch(/serai_audit_quorum 1\n/);
    expect(app.get(WitnessedHead).current?.size).toBe(await world.size());
    await signer.end('SIGKILL');
    await world.submit(5);
    await world.expectWhole();
    await signer.start(log.witnesses);
    await expectPublished();
    expect(await world.findings()).toEqual([]);
  });

  it('goes on after kill -9 at any moment, again and again', async () => {
    let child = spawnAudit();
    try {
      for (let round = 0; round < 4; round += 1) {
        await world.submit(25);
        await eventually(async () => expect(await world.size()).toBeGreaterThan(round * 25), { timeoutMs: 60_000 });
        await pause(Math.random() * 1_500);
        await kill(child);
        child = spawnAudit();
      }
      await world.expectWhole();
      await expectPublished();
      expect(await world.findings()).toEqual([]);
    } finally {
      await kill(child);
    }
  });

  /** Audit as a process of its own, from what the build wrote. */
  function spawnAudit(): ChildProcess {
    const hub = world.community.settings('audit', world.database.url);
    const addresses = log.witnesses.map(({ name, url }) => `${name}=${url}`).join(',');
    const env = {
      PATH: process.env['PATH'],
      SERAI_LOG_LEVEL: 'fatal',
      SERAI_AUDIT_PORT: '0',
      SERAI_POSTGRES_URL: hub.postgresUrl,
      SERAI_KAFKA_BROKERS: hub.brokers.join(','),
      SERAI_KAFKA_TOPIC_PREFIX: hub.topicPrefix,
      SERAI_ROOT_KEYS: hub.rootKeysPath,
      SERAI_KEYSTORE: hub.keystore.path,
      SERAI_KEYSTORE_PASSPHRASE: hub.keystore.passphrase,
      SERAI_AUDIT_ORIGIN: signer.key.name,
      SERAI_AUDIT_LOG_FOLDER: world.logFolder,
      SERAI_SIGNER_SOCKET: signer.socket,
      SERAI_AUDIT_WITNESS_URLS: addresses,
      SERAI_PARENT_PIPE: '1',
    };
    const program = path.resolve('dist/apps/audit/src/main.js');
    return spawn(process.execPath, [program], { env, stdio: ['pipe', 'ignore', 'inherit'] });
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }
});
