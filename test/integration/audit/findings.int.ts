import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { failOnLeaks } from '#libs/testing';
import { LogWorld } from './log-world.js';
import { envelopeOf, PRODUCER, recordOf, StoredLog } from './support/stored-log.js';

jest.setTimeout(120_000);

describe('findings', () => {
  let world: LogWorld;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    world = await LogWorld.begin();
    app = await world.start();
    await world.database.dataSource.query(
      `insert into audit.finding (kind, topic, partition, record_offset, witness) values
         ('OFFSET_GAP', 'requests.events', 2, 9007199254740993, null),
         ('QUORUM_LOST', null, null, null, null),
         ('WITNESS_FORK', null, null, null, 'rs.witness.example')`,
    );
  });
  afterAll(() => world.end());
  failOnLeaks();

  const read = async (query = '', authorization?: string) =>
    app.inject({
      url: `/v1/findings${query}`,
      headers: { authorization: authorization ?? (await world.community.operatorAuthorization('audit')) },
    });

  it('are shown to operators: which kind, and where', async () => {
    const foundAt = expect.any(String);
    expect((await read()).json()).toEqual({
      findings: [
        {
          id: '1',
          kind: 'OFFSET_GAP',
          foundAt,
          record: { topic: 'requests.events', partition: 2, offset: '9007199254740993' },
        },
        { id: '2', kind: 'QUORUM_LOST', foundAt },
        { id: '3', kind: 'WITNESS_FORK', foundAt, witness: 'rs.witness.example' },
      ],
    });
  });

  it('come in pages', async () => {
    expect((await read('?limit=2')).json()).toMatchObject({ findings: [{ id: '1' }, { id: '2' }], next: '2' });
    const last = (await read('?limit=2&after=2')).json();
    expect(last).toMatchObject({ findings: [{ id: '3' }] });
    expect(last).not.toHaveProperty('next');
    expect((await read('?after=3')).json()).toEqual({ findings: [] });
  });

  it('of one kind are shown alone', async () => {
    expect((await read('?kind=QUORUM_LOST')).json().findings).toEqual([expect.objectContaining({ id: '2' })]);
    expect((await read('?kind=CLOCK_SKEW')).json()).toEqual({ findings: [] });
  });

  it('about producers name them, and the number', async () => {
    const { dataSource } = world.database;
    await dataSource.query(
      `insert into audit.finding (kind, about, producer, number) values ('SEQUENCE_GAP', 'x', '${PRODUCER}', '17')`,
    );
    const { findings } = (await read('?after=3')).json();
    expect(findings).toEqual([
      { id: '4', kind: 'SEQUENCE_GAP', foundAt: expect.any(String), producer: PRODUCER, number: '17' },
    ]);
  });

  it.each(['?limit=0', '?limit=201', '?after=0', '?after=x', '?after=9223372036854775808', '?kind=WRONG'])(
    'refuses %s',
    async (query) => expect((await read(query)).json()).toMatchObject({ status: 422, code: 'ERR_REQUEST_INVALID' }),
  );

  it.each([
    ['nobody', async () => ''],
    ['a participant', async () => world.community.authorization('rs', 'audit')],
    [
      'a participant who signs as operator',
      async () => world.community.operatorAuthorization('audit', world.community.member('rs').keystore),
    ],
    ['an operator with a token for another service', async () => world.community.operatorAuthorization('directory')],
  ])('are not shown to %s', async (_who, authorization) => {
    const answer = await read('', await authorization());
    expect(answer.json()).toMatchObject({ status: 401, code: 'ERR_CALLER_UNAUTHENTICATED' });
    expect(answer.body).not.toContain('OFFSET_GAP');
  });
});

describe('findings about producers', () => {
  const OTHER_TOPIC = 'requests.submissions.requests.parked';
  /** Longer than a number may wait for those before it. */
  const LONG = 301;
  let log: StoredLog;

  beforeEach(async () => {
    log = await StoredLog.begin();
  });
  afterEach(() => log.end());
  failOnLeaks();

  /** Kind and number of each that is written down, which is what the sequencer told. */
  async function found(): Promise<string[]> {
    const rows = await log.sql<{ kind: string; number: string | null; producer: string }>(
      'select kind, number, producer from audit.finding order by id',
    );
    expect(log.found.map(({ kind, number }) => [kind, number ?? null])).toEqual(
      rows.map(({ kind, number }) => [kind, number]),
    );
    return rows.map(({ kind, number }) => [kind, ...(number === null ? [] : [number])].join(' '));
  }

  it('are none about envelopes that come out of order, or on a second topic, or again', async () => {
    const values = log.newRecords(300).map(({ value }) => value);
    const at = (topic: string, begin: number, some: readonly Buffer[]) =>
      some.map((value, place) => recordOf(BigInt(begin + place), value, topic));
    const [even, odd] = [0, 1].map((rest) => values.filter((_, place) => place % 2 === rest)) as [Buffer[], Buffer[]];
    await log.sequence(at('requests.submissions', 0, odd));
    await log.sequence(at(OTHER_TOPIC, 0, even));
    await log.sequence(at('requests.submissions', odd.length, values));
    await log.noteGapsAfter(LONG);
    expect(await found()).toEqual([]);
    expect(log.size).toBe(300 + even.length);
  });

  it('are written down once a number is missed for long, and once only', async () => {
    await log.sequence(log.newRecords(3, [1, 2, 5]));
    await log.noteGapsAfter(LONG - 2);
    expect(await found()).toEqual([]);
    await log.noteGapsAfter(2);
    await log.noteGapsAfter(LONG);
    expect(await found()).toEqual(['SEQUENCE_GAP 3']);
    await log.takeOver();
    await log.noteGapsAfter(LONG);
    expect(await found()).toEqual(['SEQUENCE_GAP 3']);
  });

  it('are not about numbers that came in time, nor while partitions are read from further back', async () => {
    const values = log.newRecords(12).map(({ value }) => value);
    const records = [1, 2, 5, 3, 4, 9, 10].map((number, place) => recordOf(BigInt(place), values[number - 1]!));
    await log.sequence(records.slice(0, 3));
    await log.noteGapsAfter(LONG - 2);
    await log.sequence(records.slice(3, 5));
    await log.noteGapsAfter(LONG);
    expect(await found()).toEqual([]);
    await log.sequence(records.slice(5, 6));
    await log.noteGapsAfter(LONG - 2);
    await log.sequence([{ ...records[6]!, appendedAt: new Date(Date.now() - 3_600_000) }]);
    await log.noteGapsAfter(LONG - 2);
    expect(await found()).toEqual([]);
    await log.noteGapsAfter(2);
    expect(await found()).toEqual(['SEQUENCE_GAP 6']);
  });

  it('are about a number under other bytes: in one batch, later, and after a restart', async () => {
    await log.sequence(log.newRecords(4, [1, 2, 2, 3]));
    // The chain goes on behind the one that came first.
    expect(await found()).toEqual(['CHAIN_FORKED 3', 'SEQUENCE_REUSED 2']);
    await log.sequence(log.newRecords(1, [1]));
    await log.takeOver();
    await log.sequence(log.newRecords(1, [3]));
    expect(await found()).toEqual(['CHAIN_FORKED 3', 'SEQUENCE_REUSED 2', 'SEQUENCE_REUSED 1', 'SEQUENCE_REUSED 3']);
    const [row] = await log.sql('select topic, partition, record_offset, producer from audit.finding where id = 2');
    expect(row).toEqual({ topic: 'requests.submissions', partition: 0, record_offset: '2', producer: PRODUCER });
  });

  it('are about an envelope that names another one before it', async () => {
    const [first] = log.newRecords(1);
    await log.sequence([first!]);
    await log.takeOver();
    await log.sequence([recordOf(1n, envelopeOf(2, { producerprev: 'A'.repeat(43) }))]);
    expect(await found()).toEqual(['CHAIN_FORKED 2']);
  });

  it('are about a clock that is ahead, once a day; late ones are honest', async () => {
    const at = (minutes: number) => new Date(Date.UTC(2026, 5, 1) + minutes * 60_000);
    const day = 24 * 60;
    const records = [
      { madeAt: at(2), appendedAt: at(0) },
      { madeAt: at(1), appendedAt: at(2 * day) },
      { madeAt: at(2 * day + 3), appendedAt: at(2 * day) },
      { madeAt: at(2 * day + 9), appendedAt: at(2 * day + 1) },
      { madeAt: at(3 * day + 9), appendedAt: at(3 * day) },
    ].map(({ madeAt, appendedAt }, place) => {
      const envelope = envelopeOf(1, {
        source: `urn:serai:participant:p${place % 2}`,
        producerseq: undefined,
        time: madeAt,
      });
      return { ...recordOf(BigInt(place), envelope), appendedAt };
    });
    await log.sequence(records);
    const rows = await log.sql<{ about: string }>(
      `select about from audit.finding where kind = 'CLOCK_SKEW' order by id`,
    );
    expect(rows.map(({ about }) => about.replace('urn:serai:participant:', ''))).toEqual([
      'p0 2026-06-03',
      'p1 2026-06-03',
      'p0 2026-06-04',
    ]);
  });

  it('are written down once where the same records are read again and again', async () => {
    await log.sequence(log.newRecords(2));
    const other = recordOf(1n, envelopeOf(9));
    for (let time = 0; time < 3; time += 1) await log.sequence([other]);
    expect(await found()).toEqual(['PARTITION_CHANGED']);
  });

  it('are not lost when a mark stands for the numbers before it', async () => {
    const wide = 16_400;
    const numbers = Array.from({ length: wide }, (_, place) => (place < 10 ? place + 1 : place + 2));
    await log.sequence(log.newRecords(wide, numbers));
    const [mark] = await log.sql<{ size: string }>('select size from audit.number_mark');
    expect(Number(mark?.size)).toBeGreaterThan(16_000);
    await log.takeOver();
    await log.sequence(log.newRecords(1, [500]));
    await log.noteGapsAfter(LONG);
    expect(await found()).toEqual(['SEQUENCE_REUSED 500', 'SEQUENCE_GAP 11']);
  });
});
