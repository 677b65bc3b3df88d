import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DEMO_REQUEST, findLiveRun, type RunFile, readRunFile } from '#deploy/local';
import type { KeyView } from '#libs/contracts';
import { eventually } from '#libs/testing';
import { commandsOf, filledIn } from './documented-commands.js';

const COMPILED = path.join(process.cwd(), 'dist/deploy/local/src');
const BOOTSTRAP = path.join(process.cwd(), 'deploy/local/bootstrap.mjs');
const SERAI = path.join(process.cwd(), 'dist/apps/cli/src/main.js');
const START_MS = 170_000;

interface Command {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<number | null>;
}

describe('npm start', () => {
  let dataDir: string;
  let start: Command;
  let first: RunFile;

  beforeAll(() => {
    dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'start-'));
    fs.chmodSync(dataDir, 0o711);
  });
  afterAll(async () => {
    start?.child.kill('SIGTERM');
    await start?.exit;
    fs.rmSync(dataDir, { recursive: true, force: true });
  });

  /** What bootstrap.mjs hands over to; the fourth pipe is how the program sees that it is gone. */
  function run(command: string): Command {
    const child = spawn(process.execPath, [path.join(COMPILED, `${command}.js`)], {
      env: { ...process.env, SERAI_DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { child, output: () => text, exit };
  }

  /** Runs a compiled program to its end against the data of this test. */
  async function resultOf(
    script: string,
    { cwd, env }: { cwd?: string; env?: Record<string, string> },
    ...args: string[]
  ): Promise<{ code: number; result: string; remarks: string }> {
    const child = spawn(process.execPath, [script, ...args], {
      cwd,
      env: { ...process.env, SERAI_DATA_DIR: dataDir, ...env },
    });
    let [result, remarks] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (result += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (remarks += chunk.toString()));
    const code = await new Promise<number>((resolve) => child.once('close', (ended) => resolve(ended ?? 1)));
    return { code, result, remarks };
  }

  async function keysOf(participant: string): Promise<KeyView[]> {
    const list = await resultOf(SERAI, {}, 'keys', 'list', '--as', `${participant}.security`, '--json');
    return JSON.parse(list.result) as KeyView[];
  }

  /** Kills a process and waits until another serves in its place. */
  async function restarted(name: string): Promise<void> {
    const pidOf = (run: RunFile | undefined) => run?.processes.find((one) => one.name === name)?.pid;
    const before = pidOf(readRunFile(dataDir)) ?? 0;
    process.kill(before, 'SIGKILL');
    await eventually(
      async () => {
        expect([undefined, before]).not.toContain(pidOf(readRunFile(dataDir)));
        expect((await fetch(`${first.addresses[name]}/readyz`)).status).toBe(200);
      },
      { timeoutMs: 60_000, everyMs: 200 },
    );
  }

  async function untilReady(command: Command): Promise<RunFile> {
    return eventually(
      () => {
        if (command.child.exitCode !== null) throw new Error(`npm start ended:\n${command.output()}`);
        const file = findLiveRun(dataDir);
        if (file?.state !== 'ready') throw new Error(`not ready:\n${command.output().slice(-2_000)}`);
        return file;
      },
      { timeoutMs: START_MS },
    );
  }

  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  };

  it('brings everything up and tells where it is', async () => {
    start = run('start');
    first = await untilReady(start);
    expect(Object.keys(first.addresses)).toContain('access-point-secretariat');
    for (const address of Object.values(first.addresses)) expect((await fetch(`${address}/readyz`)).status).toBe(200);
    expect(fs.statSync(path.join(dataDir, 'run.json')).mode & 0o077).toBe(0);
    await eventually(() => expect(start.output()).toContain(first.community.officers[0]?.password));
  });

  it.each(['start', 'reset'])('refuses a second npm %s in a sentence that says what to do', async (command) => {
    const second = run(command);
    const sentence = new RegExp(`process ${first.starter.pid}.*stop it`);
    expect([await second.exit, second.output()]).toEqual([1, expect.stringMatching(sentence)]);
    expect((await fetch(`${first.addresses['gateway']}/readyz`)).status).toBe(200);
  });

  it('leaves nothing running when it is killed, but for a process that can not notice', async () => {
    const stuck = first.processes.find(({ name }) => name === 'requests');
    process.kill(stuck?.pid ?? 0, 'SIGSTOP');
    process.kill(first.starter.pid, 'SIGKILL');
    await start.exit;
    await eventually(
      () => expect(first.processes.filter(({ pid }) => isAlive(pid)).map(({ name }) => name)).toEqual(['requests']),
      { timeoutMs: 30_000 },
    );
  });

  it('ends that orphan at the next start, says so, and goes on with the data', async () => {
    const orphan = first.processes.find(({ name }) => name === 'requests');
    start = run('start');
    const second = await untilReady(start);
    expect(start.output()).toContain(`left requests (process ${orphan?.pid}) behind; ending that.`);
    expect(isAlive(orphan?.pid ?? 0)).toBe(false);
    expect(second.community.officers).toEqual(first.community.officers);
    first = second;
  });

  it('is what npm run demo and serai --as work against', async () => {
    const demo = await resultOf(path.join(COMPILED, 'demo.js'), {}, '--json');
    expect(demo.code).toBe(0);
    const { ok, steps } = JSON.parse(demo.result) as { ok: boolean; steps: { name: string; ok: boolean }[] };
    expect([ok, steps.filter((step) => !step.ok)]).toEqual([true, []]);
    expect(steps.length).toBeGreaterThan(15);
    const legs = await resultOf(SERAI, {}, 'legs', 'list', '--as', 'iq.duty', '--json');
    expect(JSON.parse(legs.result)).toMatchObject([{ direction: 'incoming', status: 'CLOSED' }]);
  });

  it('runs the commands of docs/operations.md on keys and participants, in their order', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'walk-'));
    const commands = commandsOf('How are keys and participants changed?');
    expect(commands.length).toBeGreaterThan(30);
    const { passphrases } = JSON.parse(fs.readFileSync(path.join(dataDir, 'secrets.json'), 'utf8'));
    for (const template of commands) {
      const { text, env, args } = await filledIn(template, { keysOf, passphrase: passphrases.tr });
      expect([text, await resultOf(SERAI, { cwd: folder, env }, ...args)]).toEqual([
        text,
        expect.objectContaining({ code: 0 }),
      ]);
    }
    fs.renameSync(path.join(folder, 'new.keystore'), path.join(dataDir, 'keys/tr.keystore'));
    fs.rmSync(folder, { recursive: true });
    const list = await resultOf(SERAI, {}, 'participants', 'list', '--as', 'secretariat.office', '--json');
    const types = (JSON.parse(list.result) as { id: string; type: string }[]).map(({ id, type }) => `${id} ${type}`);
    expect(types).toEqual(
      expect.arrayContaining(['urn:serai:participant:tr MEMBER', 'urn:serai:participant:al MEMBER']),
    );
    const states = (await keysOf('rs')).map(({ use, state }) => `${use} ${state}`);
    expect(states.sort()).toEqual(['enc ACTIVE', 'enc RETIRED', 'sig ACTIVE', 'sig COMPROMISED']);
  });

  it('has a participant go on with a new keystore that lost its own; what only the old one opens stays closed', async () => {
    const legsOf = async (): Promise<{ legId: string }[]> =>
      JSON.parse((await resultOf(SERAI, {}, 'legs', 'list', '--as', 'tr.duty', '--json')).result);
    const read = (legId: string) =>
      resultOf(SERAI, {}, 'legs', 'read', legId, '--as', 'tr.duty', '--purpose', 'INVESTIGATION');
    const [old] = await legsOf();
    await restarted('access-point-tr');
    const [to] = DEMO_REQUEST.recipients.filter(({ participant }) => participant === 'urn:serai:participant:tr');
    const file = path.join(dataDir, 'request.json');
    fs.writeFileSync(file, JSON.stringify({ ...DEMO_REQUEST, recipients: [to] }));
    const sender = ['--as', 'rs.liaison', '--purpose', 'INVESTIGATION'];
    expect(await resultOf(SERAI, {}, 'requests', 'send', '--file', file, ...sender)).toMatchObject({ code: 0 });
    fs.rmSync(file);
    const fresh = await eventually(async () => {
      const found = (await legsOf()).find(({ legId }) => legId !== old?.legId);
      if (!found) throw new Error('not here yet');
      return found;
    });
    expect(await read(fresh.legId)).toMatchObject({ code: 0, result: expect.stringContaining('"items"') });
    expect(await read(old?.legId ?? '')).toMatchObject({
      code: 3,
      remarks: expect.stringContaining('ERR_CONTENT_UNREADABLE'),
    });
    const held = (await keysOf('tr')).map((key) => `${key.state} ${key.held}`).sort();
    expect(held).toEqual(['ACTIVE true', 'ACTIVE true', 'COMPROMISED false', 'COMPROMISED false']);
  });

  it('tells what is wrong with a change before anybody has to sign it', async () => {
    const secretariat = ['--as', 'secretariat.office', 'participants'];
    const file = path.join(os.tmpdir(), `wrong-${process.pid}.json`);
    const out = ['--out', file];
    for (const [args, sentence] of [
      [[...secretariat, 'readmit', 'iq', ...out], 'iq is not suspended.'],
      [[...secretariat, 'suspend', 'nobody', ...out], 'nobody was never admitted.'],
      [[...secretariat, 'admit', 'iq', '--name', 'Again', ...out], 'iq has been admitted before: readmit it.'],
      [[...secretariat, 'admit', 'de', '--name', 'G', '--country', 'Deu', ...out], '--country Deu is not two'],
      [['--as', 'rs.security', 'keys', 'rotate', '--use', 'sig', '--overlap', 'x', ...out], '--overlap x is no number'],
    ] as const)
      expect(await resultOf(SERAI, {}, ...args)).toMatchObject({ code: 2, remarks: expect.stringContaining(sentence) });
    expect(fs.existsSync(file)).toBe(false);
  });

  it('lets an operator see what is parked', async () => {
    const list = await resultOf(SERAI, {}, 'parked', 'list');
    expect([list.code, list.result]).toEqual([0, 'Nothing is parked.\n']);
    const replay = await resultOf(SERAI, {}, 'parked', 'replay', 'requests', '1');
    expect([replay.code, replay.remarks]).toEqual([3, expect.stringContaining('(ERR_REQUEST_NOT_FOUND)')]);
  });

  it('lets an operator set the ladder of the community, for what is delivered from then on', async () => {
    const file = path.join(dataDir, 'ladder.json');
    fs.writeFileSync(file, '[{ "rung": "DUTY", "afterMinutes": 5 }, { "rung": "SENDER", "afterMinutes": 15 }]');
    const set = ['ladders', 'set', '--file', file, '--reason', 'Decided by the chairs of a test.'];
    const past = await resultOf(SERAI, {}, ...set, '--from', '2026-01-01');
    expect([past.code, past.remarks]).toEqual([3, expect.stringContaining('(ERR_LADDER_PAST)')]);
    expect(await resultOf(SERAI, {}, ...set)).toMatchObject({ code: 0, result: expect.stringContaining('in force') });
    fs.rmSync(file);
    const list = await resultOf(SERAI, {}, 'ladders', 'list');
    expect(list.result.split('\n').slice(1, 3)).toEqual([
      expect.stringMatching(
        /in force +DUTY after 5 min, SENDER after 15 min +Decided by the chairs of a test\. \(.+, key .+\)/,
      ),
      expect.stringMatching(/over .+ Came with the software\./),
    ]);
  });

  it('starts again by itself what was killed, servers too, and says so', async () => {
    const victims = ['requests', 'access-point-iq', 'PostgreSQL', 'Kafka'];
    const pidsOf = (run: RunFile | undefined) =>
      (run?.processes ?? []).filter(({ name }) => victims.includes(name)).map(({ name, pid }) => `${name} ${pid}`);
    const before = pidsOf(readRunFile(dataDir));
    expect(before).toHaveLength(victims.length);
    for (const { name, pid } of first.processes) if (victims.includes(name)) process.kill(pid, 'SIGKILL');
    const second = await eventually(
      async () => {
        const run = readRunFile(dataDir);
        expect(pidsOf(run).filter((victim) => !before.includes(victim))).toHaveLength(victims.length);
        for (const address of Object.values(first.addresses))
          expect((await fetch(`${address}/readyz`)).status).toBe(200);
        return run!;
      },
      { timeoutMs: START_MS, everyMs: 200 },
    );
    for (const victim of victims) expect(start.output()).toContain(`${victim} ended (SIGKILL); it is started again in`);
    const legs = await resultOf(SERAI, {}, 'legs', 'list', '--as', 'iq.duty', '--json');
    expect(JSON.parse(legs.result)).toMatchObject([{ direction: 'incoming', status: 'CLOSED' }]);
    expect(second.down).toEqual([]);
    first = second;
  });

  it('ends everything on a signal and keeps the data', async () => {
    start.child.kill('SIGINT');
    expect([await start.exit, start.output()]).toEqual([0, expect.stringContaining('Stopped. The data is kept.')]);
    expect(first.processes.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(readRunFile(dataDir)).toBeUndefined();
    expect(fs.existsSync(path.join(dataDir, 'keys/genesis.json'))).toBe(true);
  });

  it('is missed by npm run demo in a sentence that says what to do', async () => {
    const demo = await resultOf(path.join(COMPILED, 'demo.js'), {}, '--json');
    expect([demo.code, JSON.parse(demo.result)]).toEqual([1, { ok: false, steps: [] }]);
    expect(demo.remarks).toContain('run "npm start" in another terminal');
  });

  it('refuses a command that there is not', async () => {
    const { code, remarks } = await resultOf(BOOTSTRAP, {}, 'strat');
    expect([code, remarks]).toEqual([1, expect.stringMatching(/^Unknown command "strat"\. Known: start, reset, /)]);
  });

  it.each(['start', 'demo', 'reset'])('refuses a flag that npm %s does not know, and touches nothing', async (name) => {
    const [kept, script] = [fs.readdirSync(dataDir), path.join(COMPILED, `${name}.js`)];
    const { code, remarks } = await resultOf(script, {}, '--hepl');
    expect([code, remarks]).toEqual([2, expect.stringMatching(/^Unknown option '--hepl'\. See npm .*-- --help\.\n$/)]);
    expect(await resultOf(script, {}, '--help')).toMatchObject({ code: 0, result: expect.stringMatching(/^npm /) });
    expect(fs.readdirSync(dataDir)).toEqual(kept);
  });

  it('forgets the data on npm run reset', async () => {
    const reset = run('reset');
    expect([await reset.exit, reset.output()]).toEqual([0, expect.stringContaining('Forgot databases')]);
    expect(fs.readdirSync(dataDir)).toEqual([]);
  });
});
