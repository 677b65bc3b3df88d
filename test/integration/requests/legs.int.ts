import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuid7 } from 'uuid';
import {
  clarificationAnswered,
  clarificationAsked,
  envelopeAccepted,
  envelopeRefused,
  legAcknowledged,
  legClosed,
  legRefused,
  parkedTopic,
  requestWithdrawn,
  TOPICS,
} from '#libs/contracts';
import { hashOf } from '#libs/envelope';
import { listParked, type ReceivedRecord, TopicReader } from '#libs/messaging';
import { schemaDrift } from '#libs/persistence';
import { eventually, failOnLeaks } from '#libs/testing';
import { RequestsHub, SECRET } from './requests-hub.js';

jest.setTimeout(60_000);

let hub: RequestsHub;
let app: NestFastifyApplication;

beforeAll(async () => {
  hub = await RequestsHub.found();
  app = await hub.start();
}, 90_000);
afterAll(() => hub?.dissolve(), 30_000);
failOnLeaks();

describe('a leg', () => {
  it('goes from submission to its end; each event is for both sides and carries what caused it, byte for byte', async () => {
    const leg = await hub.request();
    const clarificationId = uuid7();
    const messages = [
      leg.submission,
      await hub.delivered(leg),
      await hub.acknowledged(leg),
      await hub.message(clarificationAsked, leg, { extra: { clarificationId } }),
      await hub.message(clarificationAnswered, leg, { from: 'rs', extra: { clarificationId } }),
      await hub.answered(leg),
      await hub.message(legClosed, leg, { from: 'rs', extra: { outcome: 'IDENTIFIED', usefulness: 4 } }),
    ];
    for (const message of messages) await hub.send(message);
    const events = await hub.eventsOf(leg, messages.length);
    expect(events.map(({ header }) => [header.leg?.status, header.leg?.version, header.leg?.clock.state])).toEqual([
      ['SUBMITTED', 1, 'NOT_STARTED'],
      ['DELIVERED', 2, 'RUNNING'],
      ['ACKNOWLEDGED', 3, 'RUNNING'],
      ['CLARIFICATION_SOUGHT', 4, 'PAUSED'],
      ['ACKNOWLEDGED', 5, 'RUNNING'],
      ['ANSWERED', 6, 'STOPPED'],
      ['CLOSED', 7, 'STOPPED'],
    ]);
    const parties = [hub.community.member('rs').urn, hub.community.member('iq').urn];
    events.forEach(({ type, header, cause, envelope, record }, index) => {
      expect(type).toBe(envelopeAccepted.type);
      expect(header.audience).toEqual(parties);
      expect(cause).toBe(messages[index]!.jws);
      expect(envelope.event.data.cause).toBe(hashOf(cause!));
      expect(record.key).toBe(leg.legId);
    });
    const { submittedAt, deliveredAt, clock } = events[1]!.header.leg!;
    expect(deliveredAt! >= submittedAt && deliveredAt! <= String(events[1]!.header['acceptedAt'])).toBe(true);
    expect(Date.parse(clock.dueAt!) - Date.parse(clock.startedAt!)).toBe(8 * 3_600_000);
  });

  it('has one effect when its request is submitted twice', async () => {
    const leg = await hub.request();
    await hub.send(leg.submission, leg.submission);
    await hub.send(leg.submission);
    await hub.send(await hub.delivered(leg));
    const events = await hub.eventsOf(leg, 2);
    expect(events.map(({ header }) => header.leg?.status)).toEqual(['SUBMITTED', 'DELIVERED']);
  });

  it('moves several times in one batch, in the order of the topic', async () => {
    const legs = await Promise.all([1, 2, 3, 4, 5].map(() => hub.request()));
    const moves = await Promise.all(
      legs.map(async (leg) => [
        leg.submission,
        await hub.delivered(leg),
        await hub.acknowledged(leg),
        await hub.answered(leg),
      ]),
    );
    await hub.send(...[0, 1, 2, 3].flatMap((step) => moves.map((ofLeg) => ofLeg[step]!)));
    for (const leg of legs) {
      const events = await hub.eventsOf(leg, 4);
      expect(events.map(({ header }) => header.leg?.status)).toEqual([
        'SUBMITTED',
        'DELIVERED',
        'ACKNOWLEDGED',
        'ANSWERED',
      ]);
    }
  });
});

describe('a refusal', () => {
  it.each([
    ['without agreement', { kind: 'WHEREABOUTS' }, {}, 'ERR_REQUEST_NO_AGREEMENT'],
    ['in the other direction', {}, { from: 'iq', to: 'rs' }, 'ERR_REQUEST_NO_AGREEMENT'],
    ['without legal basis', { legalBasis: undefined }, {}, 'ERR_REQUEST_NO_LEGAL_BASIS'],
    ['without purpose', { purpose: undefined }, {}, 'ERR_REQUEST_NO_PURPOSE'],
    ['urgent without ground', { urgencyGround: undefined }, {}, 'ERR_REQUEST_URGENCY_UNJUSTIFIED'],
    ['that has expired', { expiresAt: '2026-01-01T00:00:00.000Z' }, {}, 'ERR_REQUEST_EXPIRED'],
    ['for coordinators only', { kind: 'VICTIM_ORIGIN_SUPPORT' }, {}, 'ERR_REQUEST_KIND_RESERVED'],
  ])('of a request %s is signed and goes to the sender alone', async (_name, changed, parties, code) => {
    const leg = await hub.request(changed as never, parties);
    await hub.send(leg.submission);
    const [event] = await hub.eventsOf(leg, 1);
    expect(event!.type).toBe(envelopeRefused.type);
    expect(event!.header.problem?.code).toBe(code);
    expect(event!.header.audience).toEqual([leg.submission.event.source]);
    expect(event!.cause).toBe(leg.submission.jws);
  });

  it('of a second request for the same leg leaves the leg as it is', async () => {
    const leg = await hub.request();
    const again = await hub.request({}, { legId: leg.legId });
    await hub.send(leg.submission);
    await hub.send(again.submission);
    await hub.send(await hub.delivered(leg));
    const events = await hub.eventsOf(leg, 3);
    expect(events.map(({ header }) => header.problem?.code ?? header.leg?.status)).toEqual([
      'SUBMITTED',
      'ERR_LEG_DUPLICATE',
      'DELIVERED',
    ]);
  });

  it('tells a stranger about a leg what it tells about no leg', async () => {
    const leg = await hub.request();
    const nowhere = { ...leg, legId: uuid7() };
    await hub.send(leg.submission);
    await hub.send(await hub.message(legAcknowledged, leg, { from: 'tr', to: 'rs' }));
    await hub.send(await hub.message(legAcknowledged, nowhere, { from: 'tr', to: 'rs' }));
    const [, foreign] = await hub.eventsOf(leg, 2);
    const [unknown] = await hub.eventsOf(nowhere, 1);
    expect(foreign!.header.audience).toEqual([hub.community.member('tr').urn]);
    expect(foreign!.header.problem).toEqual(unknown!.header.problem);
    expect(foreign!.header.problem?.code).toBe('ERR_LEG_UNKNOWN');
  });

  it('of a move that the state does not allow changes nothing', async () => {
    const leg = await hub.request();
    await hub.send(leg.submission);
    await hub.send(await hub.message(legRefused, leg, { extra: { ground: 'NOT_AVAILABLE' } }));
    await hub.send(await hub.message(requestWithdrawn, leg, { from: 'rs' }));
    const events = await hub.eventsOf(leg, 3);
    expect(events.map(({ header }) => header.problem?.code ?? header.leg?.version)).toEqual([
      1,
      'ERR_LEG_MOVE_NOT_ALLOWED',
      2,
    ]);
  });
});

describe('poison in the middle of a batch', () => {
  it('is parked with its key, and everything else goes on', async () => {
    const legs = await Promise.all([1, 2, 3, 4, 5, 6].map(() => hub.request()));
    const poisoned = legs[2]!;
    const forged = `${poisoned.submission.jws.slice(0, -4)}AAAA`;
    const answers = await Promise.all(legs.map((leg) => hub.delivered(leg)));
    // What waits on the topic comes as one batch.
    await hub.stop(app);
    await Promise.all([
      ...legs.map((leg) =>
        leg === poisoned ? hub.sendRecord(leg.legId, Buffer.from(forged)) : hub.send(leg.submission),
      ),
      hub.sendRecord(uuid7(), Buffer.from('not an envelope')),
      hub.send(...answers),
    ]);
    app = await hub.start();
    for (const leg of legs) if (leg !== poisoned) await hub.eventsOf(leg, 2);
    await eventually(async () => {
      const parked = await listParked(hub.database.dataSource, { consumer: 'requests' });
      expect(parked.map(({ code }) => code).sort()).toEqual([
        'ERR_ENVELOPE_MALFORMED',
        'ERR_ENVELOPE_SIGNATURE',
        'ERR_KEY_PARKED',
      ]);
    });
    expect(hub.events.filter(({ subject }) => subject === poisoned.legId)).toEqual([]);
    const copies = await readAll(parkedTopic(TOPICS.requestSubmissions.name, 'requests'), 3);
    expect(
      copies.find(({ headers }) => headers['serai-parked-code'] === 'ERR_ENVELOPE_SIGNATURE')?.value.toString(),
    ).toBe(forged);
  });

  it('refuses a record under the key of another aggregate', async () => {
    const leg = await hub.request();
    const key = uuid7();
    await hub.sendRecord(key, Buffer.from(leg.submission.jws));
    await eventually(async () => {
      const parked = await listParked(hub.database.dataSource, { consumer: 'requests' });
      expect(parked.find((entry) => entry.key === key)?.code).toBe('ERR_RECORD_MALFORMED');
    });
    expect(hub.events.filter(({ subject }) => subject === leg.legId)).toEqual([]);
  });
});

async function readAll(topic: string, count: number): Promise<ReceivedRecord[]> {
  const records: ReceivedRecord[] = [];
  const handle = async (record: ReceivedRecord) => void records.push(record);
  const reader = new TopicReader({
    connection: hub.community.connection(),
    topic,
    name: 'test',
    handle,
    onCrash: () => undefined,
  });
  await reader.start();
  await eventually(() => expect(records).toHaveLength(count));
  await reader.stop();
  return records;
}

describe('the chain of the service', () => {
  it('numbers every event once, each naming the one before', () => {
    const chain = hub.events
      .map(({ envelope }) => envelope)
      .sort((one, other) => Number(one.event.producerseq) - Number(other.event.producerseq));
    expect(chain.map(({ event }) => Number(event.producerseq))).toEqual(chain.map((_, index) => index + 1));
    expect(chain.map(({ event }) => event.producerprev)).toEqual([
      undefined,
      ...chain.slice(0, -1).map(({ sha256 }) => sha256),
    ]);
  });
});

describe('what the service keeps', () => {
  it('is no content, encrypted or not', async () => {
    const leg = await hub.request();
    await hub.send(leg.submission);
    await hub.eventsOf(leg, 1);
    const { content } = leg.submission.event.data;
    await eventually(async () => {
      const everything = await dump();
      expect(everything).toContain(leg.legId);
      expect(everything).not.toContain(content!.ciphertext);
      expect(everything).not.toContain(leg.submission.jws);
      expect(everything).not.toContain(SECRET);
    });
  });

  it('is described by the entities as the migrations made it', async () => {
    expect(await schemaDrift(hub.database.dataSource)).toEqual([]);
  });

  it('starts with the allowances of 8 hours, 3 days, 7 days and none', async () => {
    const sql = 'select priority, allowed from deadline_profile where requester is null order by allowed nulls last';
    expect(await hub.database.dataSource.query(sql)).toEqual([
      { priority: 'URGENT_INDIRECT', allowed: 'P3D' },
      { priority: 'ROUTINE', allowed: 'P7D' },
      { priority: 'URGENT_DIRECT', allowed: 'PT8H' },
      { priority: 'NO_DEADLINE', allowed: null },
    ]);
  });

  it.each(['P', 'PT', '8 hours', 'P1W', 'P1M', '-P3D', 'P3DT'])('refuses the allowance %s', async (allowed) => {
    const sql = 'insert into deadline_profile (id, priority, allowed, effective_from) values ($1, $2, $3, now())';
    const added = hub.database.dataSource.query(sql, [uuid7(), 'ROUTINE', allowed]);
    await expect(added).rejects.toThrow('deadline_profile_allowed');
  });
});

/** Every row of every table, as text. */
async function dump(): Promise<string> {
  const { dataSource } = hub.database;
  const tables: { name: string }[] = await dataSource.query(
    `select table_name as name from information_schema.tables where table_schema = 'requests' and table_name <> 'parked_message'`,
  );
  const contents = await Promise.all(
    tables.map(({ name }) => dataSource.query(`select t::text as row from "${name}" t`)),
  );
  return JSON.stringify(contents);
}

describe('telemetry', () => {
  it('counts decisions without saying who asks whom', async () => {
    const leg = await hub.request({ purpose: undefined });
    await hub.send(leg.submission);
    await hub.eventsOf(leg, 1);
    const metrics = (await app.inject('/metrics')).body;
    expect(metrics).toContain('serai_requests_timer_lateness_seconds');
    expect(metrics).not.toMatch(/urn:serai:(participant|desk)/);
    expect(metrics).toContain('serai_requests_refused_total{code="ERR_REQUEST_NO_PURPOSE"}');
  });
});
