import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DEMO_REQUEST } from '#deploy/local';
import { eventually } from '#libs/testing';
import type { World } from './support/world.js';

interface Ended {
  readonly code: number;
  readonly result: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly results: () => string;
  readonly remarks: () => string;
  readonly ended: Promise<Ended>;
}

/** The command-line tool as an officer uses it away from any demo: a log-in in the browser, then acts. */
export function cliSuite(world: () => World): void {
  let settings: string;
  beforeAll(() => {
    settings = path.join(world().dir, 'cli-settings');
    mkdirSync(settings);
  });

  function start(args: readonly string[], more: NodeJS.ProcessEnv = {}): Running {
    const main = path.resolve('dist/apps/cli/src/main.js');
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, XDG_CONFIG_HOME: settings, ...more },
    });
    let [result, remarks] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (result += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (remarks += chunk.toString()));
    const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code: code ?? 1, result })));
    return { child, results: () => result, remarks: () => remarks, ended };
  }

  /** What a browser does with the address that the tool shows. */
  async function logInAt(address: string, username: string): Promise<void> {
    const { password = '' } = world().community.officers.find(({ login }) => login === username) ?? {};
    const first = await fetch(address, { redirect: 'manual' });
    const cookie = first.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const page = new URL(first.headers.get('location') ?? '', address);
    const form = { method: 'POST', body: new URLSearchParams({ username, password }) };
    const filled = await fetch(page, { ...form, redirect: 'manual', headers: { cookie } });
    const back = new URL(filled.headers.get('location') ?? '', address);
    const resumed = await fetch(back, { redirect: 'manual', headers: { cookie } });
    expect(await (await fetch(resumed.headers.get('location') ?? '')).text()).toContain('Go back to the terminal');
  }

  it('logs in through the browser and stays logged in', async () => {
    const { issuer, participants } = world().community;
    const accessPoint = participants.find(({ id }) => id === 'rs')?.accessPoint ?? '';
    const where = ['--access-point', accessPoint, '--issuer', issuer, '--participant', 'rs'];
    const login = start(['login', ...where]);
    const address = await eventually(() => {
      const [found] = /http\S+/.exec(login.remarks()) ?? [];
      if (!found) throw new Error(`no address in: ${login.remarks()}`);
      return found;
    });
    await logInAt(address, 'rs.liaison');
    expect((await login.ended).code).toBe(0);
    const { code, result } = await start(['me']).ended;
    expect([code, result]).toEqual([0, expect.stringContaining('Milica Primerović')]);
  });

  it('checks a message offline, with nothing but the root keys', async () => {
    const list = await start(['legs', 'list', '--json']).ended;
    const [{ legId }] = JSON.parse(list.result) as [{ legId: string }];
    const leg = JSON.parse((await start(['legs', 'show', legId, '--json']).ended).result) as {
      messages: { envelopeId: string }[];
    };
    const proof = await start(['legs', 'proof', legId, leg.messages[0]?.envelopeId ?? '']).ended;
    const directory = await start(['directory']).ended;
    const files = { proof: path.join(settings, 'proof.json'), directory: path.join(settings, 'directory.json') };
    writeFileSync(files.proof, proof.result);
    writeFileSync(files.directory, directory.result);
    const verify = ['verify-envelope', '--directory', files.directory, '--root-keys', world().community.rootKeys];
    expect(await start([...verify, files.proof]).ended).toMatchObject({
      code: 0,
      result: expect.stringContaining('The signatures hold.'),
    });
    writeFileSync(files.proof, proof.result.replace(/("envelope":"[^.]+\.)./, '$1A'));
    expect((await start([...verify, files.proof]).ended).code).toBe(3);
  });

  it('waits until a message is witnessed, and checks the proof of that offline', async () => {
    const rs = world().cast().officer('rs.liaison');
    const [legId = ''] = await world().deliver(rs, {
      ...DEMO_REQUEST,
      recipients: DEMO_REQUEST.recipients.slice(0, 1),
    });
    const file = path.join(settings, 'request.tlog-proof');
    const receipt = await start(['legs', 'receipt', legId, '--wait', '30', '--to', file]).ended;
    expect(receipt).toEqual({ code: 0, result: expect.stringContaining(' WITNESSED: ') });
    const policy = path.join(settings, 'policy.txt');
    const inForce = await start(['log', 'policy', '--root-keys', world().community.rootKeys]).ended;
    writeFileSync(policy, inForce.result);
    const verify = (opening: string) =>
      spawnSync(process.execPath, ['dist/verify.mjs', 'proof', file, '--policy', policy, '--opening', opening]).status;
    expect(verify(`${file}.opening.json`)).toBe(0);
    const other = path.join(settings, 'other.json');
    writeFileSync(other, readFileSync(`${file}.opening.json`, 'utf8').replace(/"offset":"/, '"offset":"1'));
    expect(verify(other)).toBe(1);
    expect((await start(['legs', 'receipt', legId, '--to', file]).ended).code).toBe(2);
    expect((await start(['legs', 'receipt', legId, '--level', 'PROVEN']).ended).code).toBe(2);
    expect((await start(['log', 'show']).ended).code).toBe(3);
  });

  it('searches own records for a reason, and checks offline what an auditor exported', async () => {
    const cast = world().cast();
    const [legId = ''] = await world().deliver(cast.officer('rs.liaison'), {
      ...DEMO_REQUEST,
      recipients: DEMO_REQUEST.recipients.slice(0, 1),
    });
    const reason = 'An invented complaint of a traveller.';
    const search = ['audit', 'search', '--reference', legId];
    const found = await start([...search, '--reason', reason, '--json', '--action', 'SENT']).ended;
    expect(JSON.parse(found.result)).toMatchObject([
      { action: 'SENT', legId, counterpart: 'urn:serai:participant:iq' },
    ]);
    expect((await start(search).ended).code).toBe(2);
    expect((await start([...search, '--reason', 'none']).ended).code).toBe(3);
    expect((await start([...search, '--reason', reason, '--with', '?']).ended).code).toBe(2);
    const file = path.join(settings, 'records.json');
    expect((await start(['audit', 'export', '--reason', reason, '--to', file]).ended).code).toBe(3);
    expect((await start(['anomalies', 'list']).ended).code).toBe(3);
    expect((await start(['questions', 'list']).ended).code).toBe(0);
    const exported = JSON.stringify(await cast.officer('rs.auditor').exportRecords({ reference: legId, reason }));
    const verify = () => {
      const { rootKeys } = world().community;
      return spawnSync(process.execPath, ['dist/verify.mjs', 'records', file, '--roots', rootKeys]).status;
    };
    writeFileSync(file, exported);
    expect(verify()).toBe(0);
    writeFileSync(
      file,
      exported.replace(/("statement":"[^.]+\.[^.]{100})./, (_, before: string) => `${before}!`),
    );
    expect(verify()).toBe(1);
  });

  it('shows operators what the log found wrong', async () => {
    const { founding, addresses } = world().constellation;
    const { path: keystore, passphrase } = founding.keystore('operations');
    const findings = ['findings', '--keystore', keystore, '--services', `audit=${addresses['audit']}`];
    const operate = (...more: string[]) =>
      start([...findings, ...more], { SERAI_KEYSTORE_PASSPHRASE: passphrase }).ended;
    const list = await operate('--json', '--limit', '200');
    expect(list).toMatchObject({ code: 0, result: expect.stringContaining('"findings"') });
    expect(await operate('--kind', 'LOG_CONTRADICTS')).toEqual({ code: 0, result: 'Nothing was found wrong.\n' });
    expect((await operate('--kind', 'NONE')).code).toBe(2);
    expect((await start(findings, { SERAI_KEYSTORE_PASSPHRASE: 'wrong' }).ended).code).not.toBe(0);
  });

  it('follows what happens until it is stopped', async () => {
    const watch = start(['watch', '--json']);
    const rs = world().cast().officer('rs.liaison');
    // Whatever happens while it connects is not shown: go on until something is.
    const [line] = await eventually(
      async () => {
        await world().deliver(rs, { ...DEMO_REQUEST, recipients: DEMO_REQUEST.recipients.slice(0, 1) });
        if (watch.results() === '') throw new Error('nothing shown yet');
        return watch.results().split('\n');
      },
      { timeoutMs: 30_000 },
    );
    expect(JSON.parse(line ?? '')).toMatchObject({ id: expect.any(String), data: {} });
    watch.child.kill('SIGINT');
    expect((await watch.ended).code).toBe(0);
  });

  it('forgets the log-in', async () => {
    expect((await start(['logout']).ended).code).toBe(0);
    expect((await start(['me']).ended).code).toBe(2);
  });
}
