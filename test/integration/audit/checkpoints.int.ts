import type { ServerResponse } from 'node:http';
import { eventually, failOnLeaks } from '#libs/testing';
import { serialiseVerifierKey, type VerifierKey } from '#libs/transparency-log';
import { CheckpointWorld } from './support/checkpoint-world.js';
import { cosigner, logKey } from './support/test-log.js';
import { TestWitness } from './support/test-witness.js';

jest.setTimeout(90_000);

describe('checkpoints', () => {
  let world: CheckpointWorld;

  beforeEach(async () => {
    world = await CheckpointWorld.begin();
  });
  afterEach(() => world.end());
  failOnLeaks();

  const sizeOf = async () => (await world.published()).checkpoint.size;

  it('are signed, stored, cosigned and published, and follow the log as it grows', async () => {
    const term = world.term();
    const held = world.held();
    await term.advance(world.frontier, held);
    expect(await world.folder.readCheckpoint()).toBeUndefined();
    for (const [count, size] of [
      [5, 5],
      [1, 6],
      [300, 306],
    ] as const) {
      await world.append(count);
      await term.advance(world.frontier, held);
      expect(await sizeOf()).toBe(size);
      expect(world.witnessed.current?.size).toBe(size);
    }
    expect((await world.published()).cosignatures).toHaveLength(4);
    expect(await world.sql('select size from checkpoint order by size')).toEqual([
      { size: '5' },
      { size: '6' },
      { size: '306' },
    ]);
    await expect(world.sql('update checkpoint set size = 7 where size = 6')).rejects.toThrow('only ever added');
    expect(await world.metric('serai_audit_checkpoint_size')).toMatch(/level="signed"} 306\n.*level="witnessed"} 306/);
    expect(await world.metric('serai_audit_quorum')).toBe('serai_audit_quorum 1');
    expect(await world.findings()).toEqual([]);
  });

  it('are published by a process that begins anew, which asks for what it does not know', async () => {
    await world.append(9);
    await world.term().advance(world.frontier, world.held());
    const before = await world.folder.readCheckpoint();
    await world.term().advance(world.frontier, world.held());
    expect(await sizeOf()).toBe(9);
    expect(before).toBeDefined();
    await world.append(9);
    await world.term().advance(world.frontier, world.held());
    expect(await sizeOf()).toBe(18);
    expect((await world.published()).cosignatures).toHaveLength(4);
  });

  describe('with one bad witness of four', () => {
    /** Whatever the witness does, two checkpoints are published at once; resolves to how many cosigned the second. */
    async function publishTwice(): Promise<number> {
      const term = world.term();
      const held = world.held();
      for (const size of [4, 7]) {
        await world.append(size - world.size);
        await term.advance(world.frontier, held);
        expect(await sizeOf()).toBe(size);
      }
      return (await world.published()).cosignatures.length;
    }

    it('that is down', async () => {
      await world.witness('bg').stop();
      expect(await publishTwice()).toBe(3);
      expect(await world.metric('serai_audit_witness_answers_total')).toContain('witness="bg",outcome="silent"} 2');
    });

    it('that never answers, and is asked again when its time is over', async () => {
      const bg = world.witness('bg');
      const { answering, calls } = bg;
      const asked: ServerResponse[] = [];
      bg.answering = (_, response) => void asked.push(response);
      expect(await publishTwice()).toBe(3);
      // Both were published while it was still waited for.
      expect(asked.map(({ destroyed }) => destroyed)).toEqual([false]);
      expect(bg.calls).toBe(calls + 1);
      const [term, held] = [world.term(), world.held()];
      await term.advance(world.frontier, held);
      bg.answering = answering;
      await eventually(async () => {
        await term.advance(world.frontier, held);
        expect((await world.published()).cosignatures).toHaveLength(4);
      });
    });

    it('that answers without end', async () => {
      let cutOff = 0;
      world.witness('bg').answering = (_, response) => {
        const more = () => {
          if (!response.destroyed) response.write('x'.repeat(10_000), more);
        };
        response.once('close', () => {
          cutOff += 1;
        });
        more();
      };
      expect(await publishTwice()).toBe(3);
      // Long before its time is over.
      await eventually(() => expect(cutOff).toBe(2), { timeoutMs: 3_000 });
    });

    it('that signs with another key under its name', async () => {
      const bg = world.witness('bg');
      const other = cosigner(bg.key.key.name, 'another');
      bg.answering = (_, response, body) => {
        const text = body.subarray(body.indexOf('\n\n') + 2).toString();
        const { name, signature } = bg.cosignatureOf(text.slice(0, text.indexOf('\n\n') + 1), other);
        const line = Buffer.concat([Buffer.from(bg.key.key.keyId, 'hex'), signature]).toString('base64');
        response.writeHead(200).end(`— ${name} ${line}\n`);
      };
      expect(await publishTwice()).toBe(3);
      expect(await world.metric('serai_audit_witness_answers_total')).toContain('witness="bg",outcome="invalid"} 2');
    });

    it.each([
      ['nothing', 200, ''],
      ['garbage', 200, '\0\0'],
      ['a line that is none', 200, '— x AAAA'],
      ['two thousand lines', 200, `— x ${Buffer.alloc(70).toString('base64')}\n`.repeat(2_000)],
      ['an error', 500, 'x'],
      ['a redirection to somebody else', 307, ''],
      ['a size that is none', 409, '-1\n'],
    ])('that answers %s', async (_, status, answer) => {
      const rs = world.witness('rs');
      const { calls } = rs;
      const headers = { 'content-type': 'text/x.tlog.size', location: `${rs.url}/add-checkpoint` };
      world.witness('bg').answering = (_request, response) => void response.writeHead(status, headers).end(answer);
      expect(await publishTwice()).toBe(3);
      expect(rs.calls).toBe(calls + 2);
      expect(await world.metric('serai_audit_witness_answers_total')).not.toContain('witness="bg",outcome="cosigned"');
    });

    it('that lies about what it has seen: that is a finding', async () => {
      world.witness('bg').answering = (_, response) =>
        void response.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end('9007199254740991\n');
      expect(await publishTwice()).toBe(3);
      expect(await world.findings()).toEqual(['WITNESS_AHEAD bg']);
    });

    it('that adds signatures of strangers and of others', async () => {
      const bg = world.witness('bg');
      const strangers = [cosigner('stranger'), world.witness('rs').key];
      bg.answering = (_, response, body) => {
        const { end } = response;
        response.end = ((own: Buffer) => {
          const text = body.subarray(body.indexOf('\n\n') + 2).toString();
          const lines = strangers.map((key) => bg.cosignatureOf(text.slice(0, text.indexOf('\n\n') + 1), key));
          const more = lines.map(({ name, keyId, signature }) =>
            Buffer.from(`— ${name} ${Buffer.concat([Buffer.from(keyId, 'hex'), signature]).toString('base64')}\n`),
          );
          return end.call(response, Buffer.concat([...more, own]), 'utf8');
        }) as typeof end;
        return bg.answer(response, body);
      };
      await world.witness('rs').stop();
      await world.append(3);
      await world.term().advance(world.frontier, world.held());
      const { cosignatures, note } = await world.published();
      expect(cosignatures.map(({ key }) => key.name)).toEqual(
        ['iq', 'bg', 'tr'].map((name) => `${name}.witness.example`),
      );
      expect(note.signatures).toHaveLength(4);
    });

    it.each([3_600, -3_600])('whose clock is off by %i seconds', async (skew) => {
      world.witness('bg').skew = skew;
      expect(await publishTwice()).toBe(4);
      const [, shown] = /witness="bg"} (-?\d+)/.exec(await world.metric('serai_audit_witness_clock_skew_seconds'))!;
      expect(Math.abs(Number(shown) - skew)).toBeLessThan(60);
      expect(Math.abs(world.witnessed.current!.at.getTime() - Date.now())).toBeLessThan(60_000);
    });
  });

  it('are published late with whoever came late', async () => {
    const bg = world.witness('bg');
    const waiting: (() => void)[] = [];
    bg.answering = (_, response, body) => void waiting.push(() => void bg.answer(response, body));
    const term = world.term();
    const held = world.held();
    await world.append(3);
    await term.advance(world.frontier, held);
    expect((await world.published()).cosignatures).toHaveLength(3);
    for (const answer of waiting) answer();
    await eventually(async () => {
      await term.advance(world.frontier, held);
      expect((await world.published()).cosignatures).toHaveLength(4);
    });
  });

  it('are signed but not published while there is no quorum, and again when it is back', async () => {
    const term = world.term();
    const held = world.held();
    await world.append(3);
    await term.advance(world.frontier, held);
    const [rs, iq] = [world.witness('rs'), world.witness('iq')];
    await Promise.all([rs.stop(), iq.stop()]);
    await world.append(3);
    await term.advance(world.frontier, held);
    await world.append(3);
    await term.advance(world.frontier, held);
    expect(await sizeOf()).toBe(3);
    expect(world.witnessed.current?.size).toBe(3);
    expect(await world.metric('serai_audit_quorum')).toBe('serai_audit_quorum 0');
    expect(await world.metric('serai_audit_checkpoint_size')).toMatch(/level="signed"} 9\n.*level="witnessed"} 3/);
    await iq.start();
    await term.advance(world.frontier, held);
    expect(await sizeOf()).toBe(9);
    expect(await world.metric('serai_audit_quorum')).toBe('serai_audit_quorum 1');
  });

  it('lose their quorum for long: that is one finding, however often it is looked at', async () => {
    const term = world.term({ quorumPatienceMs: 0 });
    await world.append(3);
    await Promise.all(['rs', 'iq'].map((name) => world.witness(name).stop()));
    for (let look = 0; look < 3; look += 1) await term.advance(world.frontier, world.held());
    await world.term({ quorumPatienceMs: 0 }).advance(world.frontier, world.held());
    expect(await world.findings()).toEqual(['QUORUM_LOST']);
    expect(await world.folder.readCheckpoint()).toBeUndefined();
  });

  it('are cosigned again after a time, though the log does not grow', async () => {
    const timesOf = async () => (await world.published()).cosignatures.map(({ timestamp }) => timestamp ?? 0);
    const held = world.held();
    const term = world.term({ republishMs: 0 });
    await world.append(3);
    await term.advance(world.frontier, held);
    const [first] = await timesOf();
    for (const witness of world.witnesses) witness.skew = 600;
    await term.advance(world.frontier, held);
    for (const time of await timesOf()) expect(time).toBeGreaterThanOrEqual(first! + 600);
    const patient = world.term();
    await patient.advance(world.frontier, held);
    const { calls } = world.witness('rs');
    await patient.advance(world.frontier, held);
    expect(world.witness('rs').calls).toBe(calls);
    expect(await world.sql('select size from checkpoint')).toHaveLength(1);
  });

  it('are cosigned under the policy that holds: a witness goes, another comes, with a new key', async () => {
    const term = world.term();
    await world.append(3);
    await term.advance(world.frontier, world.held());
    const ro = await new TestWitness('ro').start();
    try {
      ro.logs = [world.signer.key];
      const next = world.held([...world.witnesses.slice(1), ro]);
      await term.advance(world.frontier, next);
      const { cosignatures } = await world.published(next);
      expect(cosignatures.map(({ key }) => key.name)).toContain('ro.witness.example');
      expect(cosignatures.map(({ key }) => key.name)).not.toContain('rs.witness.example');
    } finally {
      await ro.stop();
    }
  });

  describe('when the key of the log is changed', () => {
    /** An operator has the signer sign with a new key from its next start on. */
    async function changeKey(): Promise<{ old: VerifierKey; next: VerifierKey }> {
      const { key: old } = world.signer;
      const [added] = await world.signer.changeKey('add');
      expect(world.signer.key.keyId).toBe(old.keyId);
      expect(await world.signer.changeKey('activate', added!)).toEqual([added, serialiseVerifierKey(old)]);
      await world.signer.end('SIGTERM');
      return { old, next: world.signer.key };
    }

    it('go on under the new one, and what the old one signed is believed no more', async () => {
      await world.append(3);
      await world.term().advance(world.frontier, world.held());
      const { old, next } = await changeKey();
      for (const witness of world.witnesses) witness.logs = [next];
      await world.signer.start(world.witnesses);
      const held = world.held(world.witnesses, next, [old]);
      await expect(world.published(held)).rejects.toMatchObject({ code: 'ERR_LOG_SIGNATURE' });
      const term = world.term();
      await term.advance(world.frontier, held);
      expect((await world.published(held)).checkpoint.size).toBe(3);
      await world.append(4);
      await term.advance(world.frontier, held);
      expect((await world.published(held)).checkpoint.size).toBe(7);
      expect((await world.published(held)).cosignatures).toHaveLength(4);
      await expect(world.published(world.held(world.witnesses, old))).rejects.toMatchObject({
        code: 'ERR_LOG_SIGNATURE',
      });
      expect(await world.findings()).toEqual([]);
    });

    it('stop while the policy does not name the new one, and when what is stored was signed by neither', async () => {
      await world.append(3);
      const term = world.term();
      await term.advance(world.frontier, world.held());
      const { old, next } = await changeKey();
      for (const witness of world.witnesses) witness.logs = [old, next];
      await world.signer.start(world.witnesses);
      await world.append(1);
      const rollback = { code: 'ERR_LOG_ROLLBACK', message: expect.stringContaining('is not signed by the key') };
      await expect(term.advance(world.frontier, world.held(world.witnesses, old))).rejects.toMatchObject(rollback);
      const strange = world.held(world.witnesses, next, [logKey('another')]);
      await expect(world.term().advance(world.frontier, strange)).rejects.toMatchObject(rollback);
      expect((await world.published(world.held(world.witnesses, old))).checkpoint.size).toBe(3);
    });

    it('are signed by no key that the keystore does not hold', async () => {
      const stranger = serialiseVerifierKey(logKey('another'));
      await expect(world.signer.changeKey('activate', stranger)).rejects.toMatchObject({
        status: 1,
        stderr: expect.stringContaining('holds no such key'),
      });
      for (const args of [[], ['add', 'x'], ['activate'], ['remove', stranger]])
        await expect(world.signer.changeKey(...args)).rejects.toMatchObject({ status: 2 });
      expect(await world.signer.changeKey('list')).toEqual([serialiseVerifierKey(world.signer.key)]);
    });
  });

  it("are nobody else's: another key than the policy names is refused", async () => {
    await world.append(3);
    const another = logKey('another');
    await expect(world.term().advance(world.frontier, world.held(world.witnesses, another))).rejects.toMatchObject({
      code: 'ERR_LOG_ROLLBACK',
      message: expect.stringContaining('is not signed by the key that the log policy names'),
    });
    expect(await world.folder.readCheckpoint()).toBeUndefined();
  });
});
