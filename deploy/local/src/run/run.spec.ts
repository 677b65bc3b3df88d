import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { processFacts } from '../infra/processes.js';
import { dataFolder } from './data-folder.js';
import { assertSameServers } from './data-origin.js';
import { describeRun } from './describe-run.js';
import { readableLine } from './log-line.js';
import { migrationMark } from './migration-mark.js';
import { type RunFile, readRunFile, writeRunFile } from './run-file.js';
import { claimDataFolder, endOrphans, runningStarter } from './single-instance.js';

const OFFICER = {
  login: 'rs.duty',
  password: 'abcde-fghjk',
  name: 'Dušan Probić',
  participant: 'urn:serai:participant:rs',
  roles: ['NCC_DUTY_OFFICER'],
  desks: ['urn:serai:desk:rs:ncc'],
};

const RUN: RunFile = {
  version: 1,
  state: 'ready',
  startedAt: '2026-11-22T05:00:00.000Z',
  starter: { name: 'start', pid: 1, started: '1' },
  processes: [],
  down: [],
  infra: {
    postgres: { kind: 'embedded', url: 'postgres://serai:hidden@127.0.0.1:4150/postgres' },
    kafka: { kind: 'embedded', brokers: ['127.0.0.1:4160'] },
  },
  addresses: { gateway: 'http://127.0.0.1:4100', 'access-point-rs': 'http://127.0.0.1:4121' },
  community: {
    issuer: 'http://127.0.0.1:4110',
    rootKeys: '/k/root-keys.json',
    participants: [
      { id: 'rs', urn: OFFICER.participant, name: 'Serbia', accessPoint: 'http://127.0.0.1:4121', keystore: '/k/rs' },
    ],
    officers: [OFFICER],
    nationalSystems: [{ clientId: 'rs.national-system', participant: OFFICER.participant, privateKey: '/k/rs.json' }],
  },
};

describe('a run', () => {
  let folder: string;
  const started: ChildProcess[] = [];
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'run-'));
  });
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function sleeper(mark: string): number {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)', mark], { stdio: 'ignore' });
    started.push(child);
    return child.pid ?? 0;
  }

  it('writes a file that only its owner reads, and reads it back', () => {
    writeRunFile(folder, RUN);
    expect(fs.statSync(path.join(folder, 'run.json')).mode & 0o077).toBe(0);
    expect(readRunFile(folder)).toEqual(RUN);
  });

  it.each([['{"version":1'], ['{"version":2}'], ['[]']])('takes %s for no run file', (text) => {
    fs.writeFileSync(path.join(folder, 'run.json'), text);
    expect(readRunFile(folder)).toBeUndefined();
  });

  it('claims a data folder once', () => {
    const release = claimDataFolder(folder, (pid) => `process ${pid} has it`);
    expect(runningStarter(folder)).toBe(process.pid);
    expect(() => claimDataFolder(folder, (pid) => `process ${pid} has it`)).toThrow(
      expect.objectContaining({ code: 'ERR_LOCAL_ALREADY_RUNNING', message: `process ${process.pid} has it` }),
    );
    release();
    expect(runningStarter(folder)).toBeUndefined();
    claimDataFolder(folder, String)();
  });

  it.each([
    ['a process that is gone', { pid: 2 ** 22 + 1, started: '1' }],
    ['another process with the same id', { pid: process.pid, started: 'long ago' }],
  ])('takes over the claim of %s', (_name, claim) => {
    fs.writeFileSync(path.join(folder, 'start.lock'), JSON.stringify(claim));
    expect(runningStarter(folder)).toBeUndefined();
    claimDataFolder(folder, String)();
  });

  it('takes over a claim that was cut off while it was written', () => {
    fs.writeFileSync(path.join(folder, 'start.lock'), '{"pid');
    claimDataFolder(folder, String)();
  });

  it('ends the orphans of a killed run and nobody else, and says so', async () => {
    const ours = sleeper(path.join(folder, 'dist/apps/requests'));
    const foreign = sleeper('/somewhere/else');
    const reused = sleeper(path.join(folder, 'dist/apps/gateway'));
    const startOf = (pid: number): string => processFacts(pid)?.started ?? '';
    const processes = [
      { name: 'requests', pid: ours, started: startOf(ours) },
      { name: 'directory', pid: foreign, started: startOf(foreign) },
      { name: 'gateway', pid: reused, started: 'long ago' },
      { name: 'notifications', pid: 2 ** 22 + 1, started: '1' },
    ];
    writeRunFile(folder, { ...RUN, processes });
    const said: string[] = [];
    await endOrphans(folder, [path.join(folder, 'dist')], (line) => said.push(line));
    expect([ours, foreign, reused].map((pid) => processFacts(pid) !== undefined)).toEqual([false, true, true]);
    expect(said).toEqual([`An earlier run was killed and left requests (process ${ours}) behind; ending that.`]);
    expect(readRunFile(folder)).toBeUndefined();
  });

  it('says nothing when there are no orphans', async () => {
    const said: string[] = [];
    await endOrphans(folder, [folder], (line) => said.push(line));
    expect(said).toEqual([]);
  });

  it('keeps its data in the checkout unless told otherwise', () => {
    expect(dataFolder('/checkout', {})).toBe('/checkout/.serai');
    expect(dataFolder('/checkout', { SERAI_DATA_DIR: '/elsewhere' })).toBe('/elsewhere');
  });

  it('is described with addresses, officers and password, and without the password of the database', () => {
    const text = describeRun(RUN, 12.34);
    expect(text).toContain('ready (12.3 s)');
    expect(text).toMatch(/rs\.duty +Dušan Probić, duty officer of the coordination centre/);
    expect(text).toContain('abcde-fghjk');
    expect(text).not.toContain('hidden');
  });
});

describe(readableLine.name, () => {
  it('shows time, level, message and what else the record holds', () => {
    const line =
      '{"level":"warn","time":"2026-11-22T05:33:12.449Z","app":"directory","failures":1,"msg":"will try again"}';
    expect(readableLine('directory', line)).toBe(
      'directory               | 05:33:12.449 WARN will try again {"failures":1}',
    );
  });

  it.each(['plain words', '{ not json', '', '{"time":"never"}'])('never loses a line: %j', (line) => {
    expect(readableLine('gateway', line)).toContain(line);
  });
});

describe(migrationMark.name, () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mark-'));
    fs.mkdirSync(path.join(folder, 'dist'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));
  const build = (text: string): void => fs.writeFileSync(path.join(folder, 'dist/.serai-build.json'), text);

  it('holds for the build that set it and for no other', () => {
    build('one');
    expect(migrationMark(folder, folder).isSet()).toBe(false);
    migrationMark(folder, folder).set();
    expect(migrationMark(folder, folder).isSet()).toBe(true);
    build('another');
    expect(migrationMark(folder, folder).isSet()).toBe(false);
  });

  it('never holds for a build that left no record', () => {
    migrationMark(folder, folder).set();
    expect(migrationMark(folder, folder).isSet()).toBe(false);
  });
});

describe(assertSameServers.name, () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'origin-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const embedded = RUN.infra as Parameters<typeof assertSameServers>[1];
  const given = { ...embedded, kafka: { kind: 'given' as const, brokers: ['k1:9092', 'k2:9092'] } };

  it('goes on with the servers that the data began with', () => {
    assertSameServers(folder, embedded);
    // Another port of the same server is the same server.
    const moved = { postgres: { ...embedded.postgres, url: 'postgres://127.0.0.1:9/postgres' }, kafka: embedded.kafka };
    expect(() => assertSameServers(folder, moved)).not.toThrow();
  });

  it('refuses others in a sentence that names both and the way out', () => {
    assertSameServers(folder, embedded);
    const sentence =
      /begun with PostgreSQL \(embedded\) and Kafka \(embedded\), .* Kafka at k1:9092,k2:9092: .*npm run reset/;
    expect(() => assertSameServers(folder, given)).toThrow(
      expect.objectContaining({ code: 'ERR_LOCAL_DATA_STALE', message: expect.stringMatching(sentence) }),
    );
    expect(() => assertSameServers(folder, embedded)).not.toThrow();
  });
});
