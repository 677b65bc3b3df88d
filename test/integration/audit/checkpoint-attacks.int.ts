import { cp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { failOnLeaks } from '#libs/testing';
import { serialiseAddCheckpoint, tilePath } from '#libs/transparency-log';
import { CheckpointWorld } from './support/checkpoint-world.js';
import { History, ORIGIN } from './support/test-log.js';

jest.setTimeout(90_000);

/** The same first five leaves, and others behind them. */
const OTHER = new History(' rewritten', 5);

describe('checkpoints of a hub that lies', () => {
  let world: CheckpointWorld;

  beforeEach(async () => {
    world = await CheckpointWorld.begin();
  });
  afterEach(() => world.end());
  failOnLeaks();

  const advance = (term = world.term()) => term.advance(world.frontier, world.held());
  const contradiction = (sentence: string | RegExp) => ({
    code: 'ERR_LOG_ROLLBACK',
    message: expect.stringMatching(sentence),
  });
  const backup = () => path.join(world.signer.folder, 'backup');

  async function growTo(size: number): Promise<void> {
    await world.append(size - world.size);
    await advance();
  }

  /** A signer of the attacker: it has the key and asks nobody, as whoever holds the key can. */
  async function forge(size: number, history: History): Promise<void> {
    const { head, note } = await world.signer.heads.sign(size, history.root(size));
    await world.signer.end();
    await writeFile(world.signer.stateFile, Buffer.from(noteText(note)));
    expect(head.size).toBe(size);
    const confederates = world.witnesses;
    for (const witness of confederates) witness.answering = (_, response) => void response.writeHead(200).end('x');
    await world.signer.start(confederates);
    for (const witness of confederates) witness.answering = (_, response, body) => witness.answer(response, body);
  }

  async function rewriteTiles(size: number): Promise<void> {
    await rm(path.join(world.files, 'tile'), { recursive: true });
    await world.tiles.grow(0, size);
  }

  const noteText = (note: Parameters<typeof serialiseAddCheckpoint>[0]['checkpoint']): string =>
    serialiseAddCheckpoint({ oldSize: 0, proof: [], checkpoint: note }).toString().slice('old 0\n\n'.length);

  it('show two histories to two halves of the witnesses: neither is published', async () => {
    const [rs, iq, bg, tr] = world.witnesses;
    await world.append(9);
    for (const away of [bg!, tr!]) await away.stop();
    await advance();
    for (const back of [bg!, tr!]) await back.start();
    await world.rewrite(OTHER, 9);
    await rm(world.files, { recursive: true });
    await world.asSuperuser('delete from checkpoint');
    await forge(9, OTHER);
    for (const away of [rs!, iq!]) await away.stop();
    await advance();
    expect(await world.folder.readCheckpoint()).toBeUndefined();
    for (const back of [rs!, iq!]) await back.start();
    const term = world.term();
    await advance(term);
    await world.append(3);
    await advance(term);
    expect(await world.folder.readCheckpoint()).toBeUndefined();
    expect((await world.findings()).toSorted()).toEqual(['WITNESS_FORK iq', 'WITNESS_FORK rs']);
    expect(rs!.heads.get(ORIGIN)!.root).toEqual(new History().root(9));
  });

  it('come of a database and tiles that were put back: the signer remembers more', async () => {
    await growTo(5);
    await cp(world.files, backup(), { recursive: true });
    await growTo(12);
    await rm(world.files, { recursive: true });
    await cp(backup(), world.files, { recursive: true });
    await world.asSuperuser('delete from leaf where index >= 5; delete from checkpoint where size > 5');
    world.size = 5;
    await expect(advance()).rejects.toMatchObject(contradiction('the database ends at 5 leaves, and 12 are signed'));
    // And what the log would grow to from there is another history.
    await world.rewrite(OTHER, 14);
    await expect(advance()).rejects.toMatchObject(contradiction('its tiles have another root at 12'));
  });

  it('come of a database, tiles and signer that were put back: the witnesses have seen more', async () => {
    await growTo(5);
    await cp(world.files, backup(), { recursive: true });
    await growTo(12);
    const truth = await world.folder.readCheckpoint();
    await rm(world.files, { recursive: true });
    await cp(backup(), world.files, { recursive: true });
    await world.asSuperuser('delete from checkpoint where size > 5');
    await world.rewrite(OTHER, 5);
    await forge(5, OTHER);
    const old = await world.folder.readCheckpoint();
    for (const size of [9, 12, 14]) {
      await world.append(size - world.size);
      await advance();
      expect(await world.folder.readCheckpoint()).toEqual(old);
    }
    expect(old).not.toEqual(truth);
    expect(world.witnesses.map(({ heads }) => heads.get(ORIGIN)!.size)).toEqual([12, 12, 12, 12]);
    const found = ['bg', 'iq', 'rs', 'tr'].flatMap((name) => [`WITNESS_AHEAD ${name}`, `WITNESS_FORK ${name}`]);
    expect((await world.findings()).toSorted()).toEqual(found.toSorted());
  });

  it('come of a log that lost its tail', async () => {
    await growTo(9);
    await world.asSuperuser('delete from leaf where index >= 7');
    world.size = 7;
    await expect(advance()).rejects.toMatchObject(contradiction('ends at 7 leaves, and 9 are signed'));
  });

  it.each(['leaves', 'leaves and tiles'])('come of a superuser who changed %s and all hashes behind', async (what) => {
    await growTo(9);
    const term = world.term();
    await advance(term);
    await world.rewrite(OTHER, 9);
    if (what === 'leaves and tiles') await rewriteTiles(9);
    await expect(advance()).rejects.toMatchObject(contradiction('its tiles have another root at 9'));
    // The process that ran all the time has no reason to look again at what it signed: the signer has.
    await world.append(3);
    await expect(advance(term)).rejects.toMatchObject(contradiction(/another root at 12|refuses \(proof\)/));
    expect((await world.signer.client.state()).checkpoint).toContain('\n9\n');
  });

  it('are refused by the signer itself when database and tiles fit each other', async () => {
    await growTo(9);
    // Tiles that this process wrote are in its mind; one that took over has them from the folder.
    const tiles = { grow: (oldSize: number, newSize: number) => world.tiles.grow(oldSize, newSize) };
    const term = world.term({ tiles });
    await advance(term);
    await world.rewrite(OTHER, 12);
    await rewriteTiles(9);
    await world.tiles.grow(9, 12);
    await expect(advance(term)).rejects.toMatchObject(
      contradiction('its signer refuses (proof)'.replaceAll(/[()]/g, '.')),
    );
    expect((await world.signer.client.state()).refusals).toEqual({ proof: 1 });
    expect(world.signer.output).toContain('ALARM');
  });

  it.each([['tile', { level: 0, index: 0, width: 9 }]])(
    'are not made over a %s with one bit changed',
    async (_, tile) => {
      await growTo(9);
      const file = path.join(world.files, tilePath(tile));
      const bytes = Buffer.from((await world.folder.readTile(tile))!);
      bytes[40]! ^= 1;
      await writeFile(file, bytes);
      await expect(advance()).rejects.toMatchObject(contradiction('its tiles have another root at 9'));
    },
  );

  it('are believed neither from the database nor from the folder when one bit was changed', async () => {
    await growTo(9);
    const note = Buffer.from((await world.folder.readCheckpoint())!);
    note[ORIGIN.length + 5]! ^= 1;
    await writeFile(path.join(world.files, 'checkpoint'), note);
    await expect(advance()).rejects.toMatchObject(contradiction('checkpoint in the folder is not signed'));
    await rm(path.join(world.files, 'checkpoint'));
    await world.asSuperuser('update checkpoint set note = set_byte(note, 30, get_byte(note, 30) # 1)');
    await expect(advance()).rejects.toMatchObject(contradiction('checkpoint in the database is not signed'));
  });

  it('are not made when the signer remembers less than was published', async () => {
    await growTo(9);
    await forge(5, world.history);
    await expect(advance()).rejects.toMatchObject(contradiction('in the database is at 9, and the signer remembers 5'));
    await world.asSuperuser('delete from checkpoint');
    await expect(advance()).rejects.toMatchObject(contradiction('in the folder is at 9, and the signer remembers 5'));
  });
});
