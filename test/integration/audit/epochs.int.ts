import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuid7 } from 'uuid';
import { epochsAnswer, logClosed, logOpened } from '#libs/contracts';
import { eventually, failOnLeaks } from '#libs/testing';
import { EpochOpener } from '../../../apps/audit/src/epoch/epoch-opener.js';
import { ORIGIN } from './log-world.js';
import { EpochWorld, NEXT } from './support/epoch-world.js';

jest.setTimeout(240_000);

describe('a log that ends, and the one that goes on', () => {
  let epochs: EpochWorld;

  beforeEach(async () => {
    epochs = await EpochWorld.begin();
  });
  afterEach(() => epochs.end());
  failOnLeaks();

  const readiness = async (app: NestFastifyApplication): Promise<string> => (await app.inject('/readyz')).body;

  /** The first log runs, holds some leaves, and was told which one goes on. */
  async function startFirst(): Promise<NestFastifyApplication> {
    epochs.world.log = { ...epochs.world.log, next: NEXT };
    const app = await epochs.world.start();
    await epochs.world.submit(20);
    return app;
  }

  /** The first log has ended, properly. @returns its size */
  async function endFirst(): Promise<number> {
    const app = await startFirst();
    await epochs.nameNext();
    const size = await epochs.ended();
    await epochs.world.stop(app);
    return size;
  }

  const publishedAll = (size: () => Promise<number>) =>
    eventually(async () => expect(await epochs.publishedSize()).toBe(await size()), { timeoutMs: 60_000 });
  const nextSize = async () => (await epochs.leaves('audit_2027', NEXT)).length;

  it('ends when the policy names the next one, takes nothing more, and goes on there with every record once', async () => {
    const app = await startFirst();
    await epochs.world.expectWhole();
    expect(await epochs.sql('select 1 from audit.epoch_end')).toEqual([]);
    await epochs.nameNext();
    const size = await epochs.ended();
    expect((await epochs.leaves('audit', ORIGIN)).at(-1)).toMatchObject({ index: size - 1, type: logClosed.type });
    await epochs.world.submit(5);
    await eventually(async () => expect(await readiness(app)).toContain('The log has ended'), { timeoutMs: 20_000 });
    expect((await epochs.leaves('audit', ORIGIN)).length).toBe(size);
    await epochs.world.stop(app);

    await epochs.prepareNext();
    const next = await epochs.world.start();
    await epochs.world.submit(5);
    await epochs.expectOnce(size);
    expect((await epochs.leaves('audit_2027', NEXT))[0]).toMatchObject({ index: 0, type: logOpened.type });
    await publishedAll(nextSize);
    expect(await epochs.sql('select kind from audit.finding union all select kind from audit_2027.finding')).toEqual(
      [],
    );
    expect(await epochs.fsck('audit', ORIGIN, epochs.world.logFolder)).toBe('clean');
    expect(await epochs.fsck('audit_2027', NEXT, epochs.world.log.logFolder)).toBe('clean');

    const { logs } = epochsAnswer.parse((await next.inject('/v1/epochs')).json());
    expect(logs).toEqual([
      { origin: NEXT, opened: expect.objectContaining({ leaf: expect.objectContaining({ index: 0 }) }) },
      { origin: ORIGIN, closed: expect.objectContaining({ leaf: expect.objectContaining({ index: size - 1 }) }) },
    ]);
    for (const origin of [ORIGIN, NEXT]) {
      expect((await next.inject(`/logs/${origin}/checkpoint`)).body).toContain(`${origin}\n`);
      expect((await next.inject(`/v1/proofs/0?origin=${encodeURIComponent(origin)}`)).body).toContain(`${origin}\n`);
    }
    expect((await next.inject('/log/checkpoint')).body).toContain(`${NEXT}\n`);
    for (const url of ['/logs/hub.example/audit/2028/checkpoint', '/logs/hub.example/audit', '/v1/proofs/0?origin=x'])
      expect((await next.inject(url)).json()).toMatchObject({ status: 404, code: 'ERR_LOG_RANGE' });
  });

  it('opens the leaves of both', async () => {
    const app = await startFirst();
    const send = async () => {
      const sent = await epochs.world.community.submission('rs', 'iq');
      await epochs.world.producer.send({
        topic: 'requests.submissions',
        key: sent.event.subject,
        value: Buffer.from(sent.jws),
      });
      return { id: sent.event.id, sha256: sent.sha256 };
    };
    const before = await send();
    await epochs.world.expectWhole();
    await epochs.nameNext();
    const size = await epochs.ended();
    await epochs.world.stop(app);
    await epochs.prepareNext();
    const next = await epochs.world.start();
    const after = await send();
    await epochs.expectOnce(size);
    const authorization = await epochs.world.community.authorization('iq', 'audit');
    const payload = { envelopes: [before, after] };
    const answer = await next.inject({ method: 'POST', url: '/v1/openings', payload, headers: { authorization } });
    expect(answer.json().openings).toEqual([
      { id: before.id, leaves: [expect.objectContaining({ origin: ORIGIN })] },
      { id: after.id, leaves: [expect.objectContaining({ origin: NEXT })] },
    ]);
  });

  it('knows what the log before it holds: no envelope gets a second leaf, and none comes again with other bytes unseen', async () => {
    const app = await startFirst();
    const [record] = await epochs.world.submit(1);
    await epochs.world.expectWhole();
    await epochs.nameNext();
    await epochs.ended();
    await epochs.world.stop(app);
    await epochs.prepareNext();
    await epochs.world.start();
    const repeated = await epochs.world.producer.send(record!);
    const { jws: forged } = await epochs.world.community.submission('rs', 'iq', { id: idOf(record!.value) });
    await epochs.world.producer.send({ ...record!, value: Buffer.from(forged) });
    await epochs.world.submit(1);
    const places = async () => (await epochs.leaves('audit_2027', NEXT)).map(({ place }) => place);
    const reused = `requests.submissions ${repeated.partition} ${repeated.offset + 1n}`;
    await eventually(async () => expect(await places()).toContain(reused), { timeoutMs: 30_000 });
    expect(await places()).not.toContain(`requests.submissions ${repeated.partition} ${repeated.offset}`);
    expect(await epochs.sql('select kind from audit_2027.finding')).toContainEqual({ kind: 'ID_REUSED' });
  });

  it('is ended by nobody but audit, and by nothing that names another log', async () => {
    const app = await epochs.world.start();
    await epochs.nameNext();
    const { community } = epochs.world;
    const closing = (origin: string, source: string, keystore: 'audit' | 'directory') =>
      community.sign(
        {
          specversion: '1.0',
          id: uuid7(),
          source,
          type: logClosed.type,
          subject: '01890000-0000-7000-8000-000000000004',
          time: new Date().toISOString(),
          datacontenttype: 'application/json',
          realm: community.realm,
          data: { header: { audience: '*', origin, next: NEXT, closedAt: new Date().toISOString() } },
        },
        community.services[keystore]!,
      );
    const audit = 'urn:serai:service:audit';
    await community.publishEvent('audit.epochs', await closing(NEXT, audit, 'audit'));
    await community.publishEvent('audit.epochs', await closing(ORIGIN, audit, 'directory'));
    await community.publishEvent('audit.epochs', await closing(ORIGIN, 'urn:serai:service:directory', 'directory'));
    await epochs.world.submit(5);
    await epochs.world.expectWhole();
    expect(await epochs.sql('select 1 from audit.epoch_end')).toEqual([]);
    await community.publishEvent('audit.epochs', await closing(ORIGIN, audit, 'audit'));
    await epochs.ended();
    await epochs.world.stop(app);
  });

  it('begins behind a log whose key a thief used, with everything that no witness has seen', async () => {
    const app = await epochs.world.start();
    await epochs.world.submit(20);
    await epochs.world.expectWhole();
    const seen = await eventually(async () => {
      const size = await epochs.publishedSize();
      expect(size).toBe(await epochs.world.size());
      return size;
    });
    // From now on nothing of the first log is believed any more.
    await epochs.log.signer.end();
    await epochs.world.submit(10);
    await epochs.world.expectWhole();
    await epochs.world.stop(app);
    await epochs.nameNext(true);

    await epochs.prepareNext();
    const refused = await epochs.world.launch();
    await eventually(async () => expect(await readiness(refused)).toContain('sequencing is being started'));
    await eventually(async () => expect(await epochs.sql('select number from audit_2027.fence')).not.toHaveLength(0));
    expect(await epochs.sql('select 1 from audit_2027.leaf')).toEqual([]);
    await epochs.world.stop(refused);

    epochs.world.log = { ...epochs.world.log, unclosed: ORIGIN };
    await epochs.world.start();
    await epochs.world.submit(5);
    await epochs.expectOnce(seen);
    await publishedAll(nextSize);
    expect(await epochs.sql('select kind from audit_2027.finding')).toEqual([]);
    expect(await epochs.fsck('audit_2027', NEXT, epochs.world.log.logFolder)).toBe('clean');
  });

  it('begins once, although the process died between the record and the row', async () => {
    const size = await endFirst();
    await epochs.prepareNext();
    await epochs.sql(`create function die() returns trigger language plpgsql as 'begin raise exception ''died''; end'`);
    await epochs.sql('create trigger die before insert on audit_2027.log_batch for each row execute function die()');
    const dying = await epochs.world.launch();
    const openings = async () =>
      (await epochs.world.records()).filter(({ topic, value }) => topic === 'audit.epochs' && value.length > 0).length -
      1;
    await eventually(async () => expect(await openings()).toBe(1), { timeoutMs: 30_000 });
    const tries = async () => (await epochs.sql('select number from audit_2027.fence')).length;
    await eventually(async () => expect(await tries()).toBeGreaterThan(2), { timeoutMs: 30_000 });
    expect(await epochs.sql('select 1 from audit_2027.epoch_begin')).toEqual([]);
    await epochs.world.stop(dying);
    await epochs.sql('drop trigger die on audit_2027.log_batch');
    await epochs.world.start();
    await epochs.expectOnce(size);
    expect(await openings()).toBe(1);
    await publishedAll(nextSize);
    expect(await epochs.fsck('audit_2027', NEXT, epochs.world.log.logFolder)).toBe('clean');
  });

  it('is found to begin or end elsewhere than it did', async () => {
    const size = await endFirst();
    await epochs.prepareNext();
    await epochs.world.start();
    await epochs.expectOnce(size);
    await publishedAll(nextSize);
    for (const row of ['audit.epoch_end', 'audit_2027.epoch_begin'])
      await epochs.sql(`alter table ${row} disable trigger all`);
    const found = async (change: string) => {
      const isEnd = change.includes('epoch_end');
      const row = isEnd ? 'audit.epoch_end' : 'audit_2027.epoch_begin';
      await epochs.sql(`create table kept as select * from ${row}`);
      await epochs.sql(change);
      const { logFolder } = isEnd ? epochs.first : epochs.world.log;
      const answer = isEnd
        ? await epochs.fsck('audit', ORIGIN, logFolder)
        : await epochs.fsck('audit_2027', NEXT, logFolder);
      await epochs.sql(`delete from ${row}`);
      await epochs.sql(`insert into ${row} select * from kept`);
      await epochs.sql('drop table kept');
      return answer.includes('EPOCH_BROKEN') ? answer.match(/[A-Z]+_BROKEN/g) : answer;
    };
    const begin = 'update audit_2027.epoch_begin set';
    expect(await found(`${begin} size = size`)).toBe('clean');
    expect(await found(`${begin} opening = opening || 'A'`)).toEqual(['EPOCH_BROKEN']);
    expect(await found(`${begin} positions = jsonb_set(positions, '{0,next}', '"1000"')`)).toEqual(['EPOCH_BROKEN']);
    expect(await found(`${begin} positions = positions - 0`)).toEqual(['EPOCH_BROKEN']);
    expect(await found(`update audit.epoch_end set closing = closing || 'A'`)).toEqual(['EPOCH_BROKEN']);
    expect(await found('update audit.epoch_end set leaf = leaf - 1')).toContain('EPOCH_BROKEN');
  });

  it('does not begin before all of the log before it is published, nor for another one than that names', async () => {
    const first = await epochs.world.start();
    await epochs.world.submit(20);
    await epochs.world.expectWhole();
    await eventually(async () => expect(await epochs.publishedSize()).toBeGreaterThan(0), { timeoutMs: 30_000 });
    await epochs.log.signer.end();
    await epochs.world.stop(first);
    await epochs.nameNext();
    await epochs.prepareNext();
    const next = await epochs.world.launch();
    await eventually(async () => expect(await epochs.sql('select 1 from audit_2027.fence')).not.toEqual([]));
    const open = () => next.get(EpochOpener).openIfNew(99n);
    const refused = (message: RegExp) =>
      expect(open()).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID', message: expect.stringMatching(message) });
    await refused(/has not been closed/);
    const close = async (goesOn: string) => {
      await epochs.sql('alter table audit.epoch_end disable trigger all');
      await epochs.sql('delete from audit.epoch_end');
      await epochs.sql(`insert into audit.epoch_end (leaf, next, closing) values (99, '${goesOn}', 'a.b.c')`);
    };
    await close('hub.example/audit/2028');
    await refused(/was closed for hub\.example\/audit\/2028/);
    await close(NEXT);
    await refused(/not published yet/);
    expect(await epochs.sql('select 1 from audit_2027.leaf')).toEqual([]);
  });

  it.each([
    ['a first log', false, 'take SERAI_AUDIT_EARLIER away'],
    ['one that continues another', true, 'must name it first'],
  ])('goes on as it began: %s', async (_, isContinued, refusal) => {
    await endFirst();
    await epochs.prepareNext(isContinued ? {} : { earlier: [] });
    const begun = await epochs.world.start();
    await eventually(async () => expect(await epochs.sql('select 1 from audit_2027.leaf')).not.toEqual([]));
    await epochs.world.stop(begun);
    epochs.world.log = { ...epochs.world.log, earlier: isContinued ? [] : [epochs.first] };
    const other = await epochs.world.launch();
    await expect(other.get(EpochOpener).openIfNew(99n)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining(refusal),
    });
  });

  const idOf = (value: Buffer): string =>
    JSON.parse(Buffer.from(value.toString().split('.')[1]!, 'base64url').toString()).id;
});
