import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually, failOnLeaks } from '#libs/testing';
import { parseNote, verifyCheckpoint } from '#libs/transparency-log';
import { SignerProcess } from './support/signer-process.js';
import { History, ORIGIN } from './support/test-log.js';
import { TestWitness } from './support/test-witness.js';

jest.setTimeout(90_000);

const history = new History();
const run = promisify(execFile);

describe('the signer', () => {
  let signer: SignerProcess;
  let witnesses: TestWitness[];

  beforeEach(async () => {
    signer = await SignerProcess.prepare();
    witnesses = await Promise.all(['rs', 'iq', 'bg', 'tr'].map((name) => new TestWitness(name).start()));
    for (const witness of witnesses) witness.logs = [signer.key];
  });
  afterEach(async () => {
    await signer.remove();
    await Promise.all(witnesses.map((witness) => witness.stop()));
  });
  failOnLeaks();

  const ask = async (oldSize: number, size: number, from = history) =>
    signer.client.sign({
      origin: ORIGIN,
      oldSize,
      proof: await from.proof(oldSize, size),
      size,
      root: from.root(size),
    });

  async function grow(oldSize: number, size: number, from = history): Promise<Buffer> {
    const answer = await ask(oldSize, size, from);
    if ('refusal' in answer) throw new Error(answer.refusal);
    return answer.note;
  }

  /** Has the witnesses cosign what was signed. */
  async function witness(oldSize: number, note: Buffer, by = witnesses): Promise<void> {
    const { checkpoint } = verifyCheckpoint(parseNote(note), { origin: ORIGIN, logs: [signer.key] });
    for (const { heads } of by) {
      expect(heads.get(ORIGIN)?.size ?? 0).toBe(oldSize);
      heads.set(ORIGIN, checkpoint);
    }
  }

  it('signs what continues the log, the same bytes for the same head, and goes on after kill -9', async () => {
    await signer.start(witnesses);
    const first = await grow(0, 5);
    const { checkpoint } = verifyCheckpoint(parseNote(first), { origin: ORIGIN, logs: [signer.key] });
    expect(checkpoint).toEqual({ origin: ORIGIN, size: 5, root: history.root(5), extensions: [] });
    expect(await grow(0, 5)).toEqual(first);
    await signer.end('SIGKILL');
    await signer.start(witnesses);
    expect(await grow(0, 5)).toEqual(first);
    const second = await grow(5, 300);
    expect(await readFile(signer.stateFile)).toEqual(second);
    expect((await signer.client.state()).checkpoint).toBe(second.toString());
  });

  it('refuses another history, a shorter log, a wrong start and a proof that does not verify, counts them, and signs on', async () => {
    await signer.start(witnesses);
    await grow(0, 7);
    const other = new History(' of another', 3);
    expect(await ask(7, 7, other)).toEqual({ refusal: 'fork', size: 7 });
    expect(await ask(7, 20, other)).toEqual({ refusal: 'proof', size: 7 });
    expect(await ask(3, 6)).toEqual({ refusal: 'rollback', size: 7 });
    expect(await ask(3, 20)).toEqual({ refusal: 'conflict', size: 7 });
    const root = history.root(20);
    const proof = await history.proof(7, 20);
    const request = { origin: ORIGIN, oldSize: 7, proof, size: 20, root };
    expect(await signer.client.sign({ ...request, origin: 'hub.example/audit/2027' })).toMatchObject({
      refusal: 'unknown-origin',
    });
    expect(await signer.client.sign({ ...request, proof: proof.slice(1) })).toMatchObject({ refusal: 'proof' });
    expect(await signer.client.sign({ ...request, proof: [] })).toMatchObject({ refusal: 'proof' });
    expect(await signer.client.sign({ ...request, root: history.root(19) })).toMatchObject({ refusal: 'proof' });
    expect((await signer.client.state()).refusals).toEqual({
      fork: 1,
      proof: 4,
      rollback: 1,
      conflict: 1,
      'unknown-origin': 1,
    });
    expect(signer.output.match(/ALARM/g)).toHaveLength(7);
    await grow(7, 20);
  });

  it('signs one head at a time: of two histories that come at once, one', async () => {
    await signer.start(witnesses);
    await grow(0, 4);
    const others = [1, 2, 3, 4, 5].map((branch) => new History(` of ${branch}`, 4));
    const answers = await Promise.all(others.map((other) => ask(4, 9, other)));
    expect(answers.filter((answer) => 'note' in answer)).toHaveLength(1);
    expect(answers.filter((answer) => 'refusal' in answer && answer.refusal === 'fork')).toHaveLength(4);
  });

  it('lives through garbage, half requests and too long ones', async () => {
    await signer.start(witnesses);
    const rubbish = [
      '\0\0\0',
      'GET / HTTP/1.1\r\n\r\n',
      'POST /sign HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n{}}',
    ];
    const long = `POST /sign HTTP/1.1\r\nhost: x\r\ncontent-length: 9000000\r\n\r\n${'x'.repeat(500_000)}`;
    for (const bytes of [...rubbish, long, 'POST /sign HTTP/1.1\r\ncontent-le']) {
      const socket = connect(signer.socket);
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(bytes);
      await eventually(() => expect(socket.bytesWritten).toBeGreaterThan(0));
      socket.destroy();
    }
    const malformed = { origin: ORIGIN, oldSize: 0, proof: [], size: 2 ** 53, root: history.root(1) };
    expect(await signer.client.sign(malformed)).toEqual({ refusal: 'malformed', size: 0 });
    expect(await signer.client.sign({ ...malformed, size: 5, root: Buffer.alloc(31) })).toMatchObject({
      refusal: 'malformed',
    });
    const many = Array.from({ length: 64 }, () => Buffer.alloc(32));
    expect(await signer.client.sign({ ...malformed, size: 5, proof: many })).toMatchObject({ refusal: 'malformed' });
    await grow(0, 3);
  });

  it('refuses to run after its folder was put back to an older copy, and says what to do', async () => {
    await signer.start(witnesses);
    await grow(0, 5);
    await copyFile(signer.stateFile, path.join(signer.folder, 'backup'));
    const newest = await grow(5, 12);
    await witness(0, newest, witnesses.slice(1));
    await signer.end();
    await copyFile(path.join(signer.folder, 'backup'), signer.stateFile);
    expect(await signer.refusal(witnesses)).toMatch(/witness \w+ has seen size 12 .* remembers 5 only/);
    // One honest witness among those who answer is enough.
    await Promise.all(witnesses.slice(2).map((each) => each.stop()));
    expect(await signer.refusal(witnesses)).toMatch(/The witness iq has seen size 12/);
    await rm(signer.stateFile);
    expect(await signer.refusal(witnesses)).toMatch(/has seen size 12 .* remembers 0 only/);
    await Promise.all(witnesses.slice(2).map((each) => each.start()));
    await writeFile(signer.stateFile, newest);
    await signer.start(witnesses);
    await grow(12, 13);
  });

  it('refuses to run when a witness has seen another root', async () => {
    await signer.start(witnesses);
    const note = await grow(0, 5);
    await witness(0, note, witnesses.slice(0, 3));
    witnesses[3]!.heads.set(ORIGIN, { size: 5, root: new History(' of another').root(5) });
    await signer.end();
    expect(await signer.refusal(witnesses)).toMatch(/tr says that the log had another root at size 5/);
  });

  it('waits for so many witnesses as a quorum needs, and counts neither strangers nor garbage', async () => {
    const [rs, iq, bg, tr] = witnesses as [TestWitness, TestWitness, TestWitness, TestWitness];
    await iq.stop();
    bg.logs = [];
    tr.answering = (_, response) => void response.writeHead(500).end('x'.repeat(100_000));
    signer.spawn(witnesses);
    await eventually(() => expect(rs.calls + bg.calls + tr.calls).toBeGreaterThanOrEqual(4));
    await expect(signer.client.state()).rejects.toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' });
    expect(signer.output).toContain('"confirmed":["rs"],"needed":3');
    await iq.start();
    tr.answering = (_, response, body) => tr.answer(response, body);
    await eventually(() => signer.client.state());
    await grow(0, 1);
  });

  it('refuses to run on a state with any one bit changed', async () => {
    await signer.start(witnesses);
    await grow(0, 5);
    await signer.end();
    const good = await readFile(signer.stateFile);
    for (const place of [0, ORIGIN.length + 1, ORIGIN.length + 10, good.length - 30, good.length - 1]) {
      const bad = Buffer.from(good);
      bad[place]! ^= 1;
      await writeFile(signer.stateFile, bad);
      expect(await signer.refusal(witnesses)).toContain('is no checkpoint that a key of');
    }
    await writeFile(signer.stateFile, good);
    await signer.start(witnesses);
    await grow(5, 6);
  });

  it('stops when somebody else writes its state', async () => {
    await signer.start(witnesses);
    await grow(0, 5);
    const before = await readFile(signer.stateFile);
    await grow(5, 6);
    await writeFile(signer.stateFile, before);
    await expect(ask(6, 7)).rejects.toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' });
    await eventually(() => expect(signer.output).toContain('the signer can not go on'));
    await expect(signer.client.state()).rejects.toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' });
  });

  it('lets in nobody else, and no second one beside it', async () => {
    await signer.start(witnesses);
    const { pid } = signer;
    expect(await signer.refusal(witnesses)).toContain('Another signer listens at');
    process.kill(pid, 'SIGKILL');
    await chmod(path.dirname(signer.stateFile), 0o750);
    expect(await signer.refusal(witnesses)).toContain('Others may enter the folder');
    await chmod(path.dirname(signer.stateFile), 0o700);
    await chmod(path.dirname(signer.socket), 0o701);
    expect(await signer.refusal(witnesses)).toContain('Others may enter the folder');
    expect(await signer.refusal(witnesses, { SERAI_AUDIT_WITNESS_URLS: '' })).toContain('SERAI_AUDIT_WITNESS_URLS');
    expect(await signer.refusal(witnesses, { SERAI_AUDIT_WITNESS_URLS: 'rs=file:///x' })).toContain('name=url');
    expect(await signer.refusal(witnesses, { SERAI_SIGNER_KEYSTORE_PASSPHRASE: 'another' })).toContain('passphrase');
  });

  it.each([
    ['fsync', 3, 'the file'],
    ['?rename,?renameat,?renameat2', 2, 'the name'],
    ['fsync', 4, 'the folder'],
  ])(
    'signs nothing when %s fails (call %i, of %s), goes on, and after kill -9 has what it said',
    async (calls, nth) => {
      const canTrace = await run('strace', ['-e', 'trace=none', 'true']).then(
        () => true,
        () => false,
      );
      if (!canTrace) {
        process.stderr.write('LEFT OUT: errors of system calls; strace is missing, or this user may not trace.\n');
        return;
      }
      // One thread does all work with files, so that its calls are counted in their order; -D leaves the signer our own child, to be killed.
      const inject = `inject=${calls}:error=EIO:when=${nth}`;
      signer.wrapper = ['env', 'UV_THREADPOOL_SIZE=1', 'strace', '-D', '-f', '-qq', '-o', '/dev/null', '-e', inject];
      await signer.start(witnesses);
      await expect(ask(0, 5)).rejects.toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' });
      expect(signer.output).toContain('EIO');
      const note = await grow(0, 5);
      signer.wrapper = [];
      await signer.end('SIGKILL');
      await rm(signer.socket, { force: true });
      await signer.start(witnesses);
      expect((await signer.client.state()).checkpoint).toBe(note.toString());
      await grow(5, 6);
    },
  );

  it('signs nothing while the disk is full, twice, and goes on when there is room', async () => {
    const state = path.dirname(signer.stateFile);
    const isMounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=16k,mode=0700', 'tmpfs', state]).then(
      () => true,
      () => false,
    );
    if (!isMounted) {
      process.stderr.write('LEFT OUT: a full disk; this user may not mount a small file system.\n');
      return;
    }
    try {
      await mkdir(path.join(state, 'x'));
      await signer.start(witnesses);
      const first = await grow(0, 5);
      const filling = path.join(state, 'filling');
      await writeFile(filling, Buffer.alloc(65_536)).catch(() => undefined);
      await expect(ask(5, 9)).rejects.toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' });
      await expect(ask(5, 9)).rejects.toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' });
      expect(await readFile(signer.stateFile)).toEqual(first);
      await rm(filling);
      expect(await ask(5, 5)).toEqual({ note: first });
      await grow(5, 9);
    } finally {
      await signer.end();
      await run('umount', [state]);
    }
  });
});
