import { setTimeout as pause } from 'node:timers/promises';
import { failOnLeaks } from '#libs/testing';
import { parseNote, verifyCheckpoint } from '#libs/transparency-log';
import type { CheckpointTermOptions } from '../../../apps/audit/src/checkpoint/checkpoint-term.js';
import { CheckpointWorld } from './support/checkpoint-world.js';
import { History, ORIGIN } from './support/test-log.js';

jest.setTimeout(120_000);

/** More than one time around has. */
const MOST_STEPS = 40;

type Parts = Pick<CheckpointTermOptions, 'tiles' | 'folder' | 'repository' | 'signer'>;

/** Lets everything that leaves the process count, and breaks one of these steps: before it has an effect, or when the process can not hear of it any more. */
class BreakingParts {
  private step = 0;
  hasBroken = false;
  /** Nothing breaks before. */
  isArmed = true;

  constructor(
    private readonly breakAt: number,
    private readonly when: 'before' | 'after',
  ) {}

  of<Part extends object>(part: Part): Part {
    return new Proxy(part, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => this.do(() => Reflect.apply(member, target, args));
      },
    });
  }

  private async do(work: () => unknown): Promise<unknown> {
    if (this.isArmed) this.step += 1;
    const breaks = this.isArmed && this.step === this.breakAt;
    if (breaks) this.hasBroken = true;
    if (breaks && this.when === 'before') throw new Error('broken');
    const result = await work();
    if (breaks) throw new Error('broken');
    return result;
  }
}

describe('checkpoints, while everything fails', () => {
  let world: CheckpointWorld;

  beforeEach(async () => {
    world = await CheckpointWorld.begin();
  });
  afterEach(() => world.end());
  failOnLeaks();

  const partsOf = (breaking: BreakingParts): Parts => ({
    tiles: breaking.of(world.tiles),
    folder: breaking.of(world.folder),
    repository: breaking.of(world.repository),
    signer: breaking.of(world.signer.client),
  });

  /** One time around, which may break; true when it did. */
  async function breakOnce(breaking: BreakingParts): Promise<boolean> {
    const advanced = world.term(partsOf(breaking)).advance(world.frontier, world.held());
    await (breaking.hasBroken ? expect(advanced).rejects.toThrow('broken') : advanced.catch(() => undefined));
    return breaking.hasBroken;
  }

  async function expectPublished(): Promise<void> {
    const { checkpoint, cosignatures } = await world.published();
    expect(checkpoint.size).toBe(world.size);
    expect(cosignatures).toHaveLength(4);
    const rows = await world.sql('select size, note from checkpoint order by size');
    for (const { size, note } of rows) {
      const read = verifyCheckpoint(parseNote(note), { origin: ORIGIN, logs: [world.signer.key] });
      expect(read.checkpoint).toMatchObject({ size: Number(size), root: world.history.root(Number(size)) });
    }
    expect(rows.at(-1)).toMatchObject({ size: String(world.size) });
    expect(await world.findings()).toEqual([]);
  }

  it.each(['before', 'after'] as const)(
    'go on when the process dies %s any step, once and twice in a row',
    async (when) => {
      let steps = 0;
      for (let step = 1; step <= MOST_STEPS; step += 1) {
        await world.append(3);
        const isBroken = await breakOnce(new BreakingParts(step, when));
        await breakOnce(new BreakingParts(step, when));
        await world.term().advance(world.frontier, world.held());
        await expectPublished();
        if (!isBroken) break;
        steps += 1;
      }
      expect(steps).toBeGreaterThanOrEqual(10);
      expect(steps).toBeLessThan(MOST_STEPS);
    },
  );

  it.each(['before', 'after'] as const)('go on in the same process after an error %s any step', async (when) => {
    let isBroken = true;
    for (let step = 1; isBroken; step += 1) {
      const breaking = new BreakingParts(step, when);
      const term = world.term(partsOf(breaking));
      // Once without an error, so that it has something in mind.
      breaking.isArmed = false;
      await term.advance(world.frontier, world.held());
      breaking.isArmed = true;
      await world.append(3);
      await term.advance(world.frontier, world.held()).catch(() => undefined);
      isBroken = breaking.hasBroken;
      if (!isBroken) break;
      await world.append(2);
      await term.advance(world.frontier, world.held());
      await expectPublished();
    }
  });

  it('go on when witnesses have cosigned and nobody heard of it', async () => {
    const { answerings } = cutOff();
    await world.append(3);
    const term = world.term();
    await term.advance(world.frontier, world.held());
    expect(await world.folder.readCheckpoint()).toBeUndefined();
    for (const restore of answerings) restore();
    await term.advance(world.frontier, world.held());
    await expectPublished();
    expect(world.witnesses.map(({ heads }) => heads.get(ORIGIN)?.size)).toEqual([3, 3, 3, 3]);
  });

  /** Witnesses whose connection breaks once they have made the checkpoint durable. */
  function cutOff() {
    const answerings = world.witnesses.map((witness) => {
      const { answering } = witness;
      witness.answering = (_, response, body) => {
        response.end = () => response.destroy();
        return witness.answer(response, body);
      };
      return () => {
        witness.answering = answering;
      };
    });
    return { answerings };
  }

  it('are never taken back by the signer, killed at any moment', async () => {
    const { signer } = world;
    const history = new History();
    let size = 0;
    for (let round = 0; round < 12; round += 1) {
      const killed = pause(Math.random() * 60).then(() => signer.end('SIGKILL'));
      let isAlive = true;
      while (isAlive) {
        const request = { origin: ORIGIN, oldSize: size, size: size + 1, root: history.root(size + 1) };
        const proof = await history.proof(size, size + 1);
        const answer = await signer.client.sign({ ...request, proof }).catch(() => undefined);
        isAlive = answer !== undefined;
        if (answer !== undefined && 'note' in answer) size += 1;
      }
      await killed;
      await signer.start(world.witnesses);
      const note = parseNote(Buffer.from((await signer.client.state()).checkpoint));
      const { checkpoint } = verifyCheckpoint(note, { origin: ORIGIN, logs: [signer.key] });
      expect(checkpoint.root).toEqual(history.root(checkpoint.size));
      // What it had made durable and could not say any more is one checkpoint at most.
      expect([size, size + 1]).toContain(checkpoint.size);
      size = checkpoint.size;
    }
    expect(size).toBeGreaterThan(0);
  });
});
