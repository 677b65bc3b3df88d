import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { failOnLeaks } from '#libs/testing';
import { LogWorld } from './log-world.js';

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

  it.each(['?limit=0', '?limit=201', '?after=0', '?after=x', '?after=9223372036854775808'])(
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
