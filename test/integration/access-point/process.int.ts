import type { LegView, SubmittedRequest } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import type { OfficerClient } from './support/access-point.js';
import { findWords } from './support/find-words.js';
import type { HubDouble } from './support/hub-double.js';
import { ProcessScene } from './support/process-scene.js';
import { PLANTED, requestTo } from './support/request-body.js';

jest.setTimeout(60_000);

let scene: ProcessScene;
let hub: HubDouble;
let milica: OfficerClient;

beforeAll(async () => {
  scene = await ProcessScene.set({ isMigrated: false });
  ({ hub, milica } = scene);
});
afterAll(() => scene.end());
failOnLeaks();

const submit = async () => {
  const { status, body } = await milica.post<SubmittedRequest>('/v1/requests', requestTo(['iq']));
  expect(status).toBe(202);
  return body.legs[0]!;
};

describe('the access point as a process', () => {
  it('says in a sentence what keeps it from starting', async () => {
    const cases: [Record<string, string>, string][] = [
      [{ SERAI_ACCESS_POINT_PARTICIPANT: '' }, 'SERAI_ACCESS_POINT_PARTICIPANT'],
      [{ SERAI_KEYSTORE_PASSPHRASE: 'wrong' }, 'Check its passphrase'],
      [{ SERAI_ROOT_KEYS: '/nowhere' }, 'Check SERAI_ROOT_KEYS'],
      [{}, 'node dist/apps/access-point/src/migrate.js'],
    ];
    for (const [change, sentence] of cases) {
      const process = scene.start('main', change);
      expect(await process.ended).toBe(1);
      const lines = process.output
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('{'));
      expect(lines).toEqual([expect.stringContaining(sentence)]);
    }
  });

  it('starts on the schema that its migrate command makes, which may run twice', async () => {
    for (let run = 0; run < 2; run += 1) {
      const migrate = scene.start('migrate');
      expect([await migrate.ended, migrate.output]).toEqual([0, expect.any(String)]);
    }
    await scene.serve();
    expect((await milica.get('/v1/me')).status).toBe(200);
  });

  it('loses nothing and signs nothing twice when it is killed between commit and send, and while it sends', async () => {
    hub.down = true;
    const queued = await submit();
    const [stored] = await scene.database.dataSource.query('select jws from outgoing_envelope where envelope_id = $1', [
      queued.envelopeId,
    ]);
    await scene.current.kill();
    hub.down = false;
    // This time the gateway takes the envelope, and the process dies before it hears of it.
    hub.answer = async (_, honest) => {
      await honest();
      await scene.current.kill();
      return new Promise(() => undefined);
    };
    await Promise.all([scene.start().ended, eventually(() => expect(hub.taken.length).toBe(1), { timeoutMs: 30_000 })]);
    hub.answer = undefined;
    await scene.serve();
    await eventually(async () => {
      const { body } = await milica.get<LegView>(`/v1/legs/${queued.legId}`);
      expect(body).toMatchObject({ submission: 'ACCEPTED', status: 'SUBMITTED' });
      expect(body.messages[0]?.receivedAt).toBeDefined();
    });
    expect(hub.taken.map(({ jws }) => jws)).toEqual([stored.jws]);
    const next = await submit();
    await eventually(() =>
      expect(hub.taken.map(({ event }) => event.id)).toEqual([queued.envelopeId, next.envelopeId]),
    );
    expect(hub.taken.map(({ event }) => event.producerseq)).toEqual(['1', '2']);
  });

  it('writes nothing to its log that people wrote, at the most talkative level', async () => {
    const bad = { ...requestTo(['iq']), kind: PLANTED.word };
    expect((await milica.post('/v1/requests', bad)).status).toBe(422);
    const { legId, envelopeId } = await submit();
    await scene.database.dataSource.query(`update content_key set wrapped_key = '\\x00' where record_id = $1`, [
      envelopeId,
    ]);
    expect((await milica.get(`/v1/legs/${legId}/messages/${envelopeId}/content`)).status).toBe(500);
    await eventually(() => expect(scene.current.output).toContain('ERR_CONTENT_UNREADABLE'));
    const output = scene.started.map((process) => process.output).join('\n');
    expect(output).toContain('"level":"debug"');
    expect(findWords(Object.values(PLANTED), output)).toEqual([]);
    expect(output).not.toMatch(/eyJ[\w-]{20,}/);
    expect(output).not.toContain(scene.premises.environment['SERAI_KEYSTORE_PASSPHRASE']);
  });

  it('ends in good order when it is asked to', async () => {
    const process = scene.current;
    process.signal('SIGTERM');
    expect(await process.ended).toBe(0);
  });
});
