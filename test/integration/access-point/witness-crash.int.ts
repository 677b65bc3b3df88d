import { eventually, failOnLeaks } from '#libs/testing';
import { LogDouble } from './support/log-double.js';
import { ProcessScene } from './support/process-scene.js';

jest.setTimeout(60_000);

let scene: ProcessScene;
let log: LogDouble;

beforeAll(async () => {
  scene = await ProcessScene.set();
  log = new LogDouble(scene.hub.community.log.signer, 'abc');
  await scene.serve();
});
afterAll(() => scene.end());
failOnLeaks();

async function post(body: Buffer) {
  const response = await fetch(`${scene.address}/witness/add-checkpoint`, { method: 'POST', body });
  return { status: response.status, body: await response.text() };
}

/** Undefined where nobody answers any more. */
const postOrLose = async (body: Buffer) => post(body).catch(() => undefined);

async function storedSize(): Promise<number> {
  const [row] = await scene.database.dataSource.query('select size from witness_head');
  return Number(row?.size ?? 0);
}

describe('a witness that is killed', () => {
  it('as soon as a head is durable, stands by it, whether the cosignature has left or not', async () => {
    for (let round = 0; round < 2; round += 1) {
      const before = await storedSize();
      const { size } = log.grow('x');
      const request = await log.request(before);
      const asked = postOrLose(request);
      await eventually(async () => expect(await storedSize()).toBe(size), { everyMs: 1 });
      await scene.current.kill();
      await asked;
      await scene.serve();
      expect(await post(request)).toEqual({ status: 409, body: `${size}\n` });
      expect((await post(await log.request(size))).status).toBe(200);
      expect(
        (await post(await new LogDouble(scene.hub.community.log.signer, 'abX').grow('xx').request(size, size))).status,
      ).toBe(409);
    }
  });

  it('before a head is durable, has promised nothing', async () => {
    const before = await storedSize();
    const { size } = log.grow('y');
    const session = scene.database.dataSource.createQueryRunner();
    await session.query('begin; lock table witness_head in exclusive mode');
    const asked = postOrLose(await log.request(before));
    await eventually(async () => {
      const waiting = `select 1 from pg_locks where relation = 'witness_head'::regclass and not granted`;
      expect(await scene.database.dataSource.query(waiting)).toHaveLength(1);
    });
    await scene.current.kill();
    expect(await asked).toBeUndefined();
    await session.query('rollback');
    await session.release();
    await scene.serve();
    expect(await storedSize()).toBe(before);
    expect((await post(await log.request(before))).status).toBe(200);
    expect(await storedSize()).toBe(size);
  });
});
