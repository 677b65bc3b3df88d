import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { JWK } from 'jose';
import type { DataSource, EntityManager } from 'typeorm';
import { v7 as uuid7 } from 'uuid';
import { type Signer, signerFromJwk } from '#libs/envelope';
import {
  Outbox,
  OutboxRelay,
  ProducerChain,
  type ReceivedMessage,
  type ReceivedRecord,
  type RecordBatch,
} from '#libs/messaging';
import { inTransaction } from '#libs/persistence';
import { eventually, failOnLeaks } from '#libs/testing';
import { newInbox } from './support/consumer.js';
import { type Command, EffectHandler, recordOf } from './support/effects.js';
import { createFixture, type Fixture } from './support/fixture.js';

jest.setTimeout(60_000);

let fixture: Fixture;
let dataSource: DataSource;
let signer: Signer;
/** First words of each statement that went to the database. */
const statements: string[] = [];

beforeAll(async () => {
  fixture = await createFixture();
  signer = await signerFromJwk(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as JWK);
  dataSource = await fixture.database.connect();
  countStatements(dataSource);
});
beforeEach(() => {
  statements.length = 0;
});
afterAll(() => fixture.close());
failOnLeaks();

function countStatements(counted: DataSource): void {
  const create = counted.createQueryRunner.bind(counted);
  counted.createQueryRunner = (mode) => {
    const session = create(mode);
    const query = session.query.bind(session) as (sql: string, parameters?: unknown[]) => Promise<never>;
    session.query = (sql: string, parameters?: unknown[]) => {
      // What is announced goes out when it may, in company.
      if (!sql.includes('pg_notify')) statements.push(sql.trim().split(/\s+/).slice(0, 3).join(' '));
      return query(sql, parameters);
    };
    return session;
  };
}

function batchOf(commands: readonly Omit<Command, 'id'>[], key = randomUUID()): RecordBatch {
  const topic = `topic-${randomUUID()}`;
  const records = commands.map((command, index): ReceivedRecord => {
    const { value } = recordOf(topic, key, command);
    return { topic, partition: 0, offset: BigInt(index), key, value, headers: {}, appendedAt: new Date() };
  });
  return { topic, partition: 0, records, heartbeat: async () => undefined };
}

const commandsOf = (count: number) => Array.from({ length: count }, (_, number) => ({ number }));

/** Answers each message with a signed event, as the services of the hub do. */
class AnsweringHandler extends EffectHandler {
  private readonly chain = new ProducerChain();
  private readonly outbox = new Outbox();

  override async handle(tx: EntityManager, messages: readonly ReceivedMessage<Command>[]): Promise<void> {
    await super.handle(tx, messages);
    const drafts = messages.map(({ message }) => ({
      specversion: '1.0' as const,
      id: uuid7(),
      source: 'urn:serai:service:ledger',
      type: 'serai.test.thing.done.v1',
      subject: message.id,
      time: new Date().toISOString(),
      datacontenttype: 'application/json' as const,
      realm: 'training' as const,
      data: { header: {} },
    }));
    const signed = await this.chain.append(tx, drafts, signer);
    const records = signed.map(({ jws }, index) => ({
      topic: 'answers',
      key: messages[index]!.record.key,
      value: Buffer.from(jws),
    }));
    await this.outbox.add(tx, records);
  }
}

describe('round trips to the database', () => {
  it.each([1, 10, 500])('a batch of %d takes four, one of them its effects', async (count) => {
    await newInbox(fixture, new EffectHandler(), { dataSource }).process(batchOf(commandsOf(count)));
    expect(statements).toEqual(['START TRANSACTION', 'with incoming as', 'insert into effect', 'COMMIT']);
  });

  it.each([1, 500])('a batch of %d whose messages are answered with signed events takes seven', async (count) => {
    const inbox = newInbox(fixture, new AnsweringHandler(), { dataSource });
    await inbox.process(batchOf(commandsOf(1)));
    statements.length = 0;
    await inbox.process(batchOf(commandsOf(count)));
    expect(statements).toEqual([
      'START TRANSACTION',
      'with incoming as',
      'insert into effect',
      'select sequence, hash',
      'update producer_position set',
      'insert into outbox_record',
      'COMMIT',
    ]);
    await fixture.dataSource.query('delete from outbox_record');
  });

  it('a batch that came before takes three', async () => {
    const batch = batchOf(commandsOf(100));
    const inbox = newInbox(fixture, new EffectHandler(), { dataSource });
    await inbox.process(batch);
    statements.length = 0;
    await inbox.process(batch);
    expect(statements).toEqual(['START TRANSACTION', 'with incoming as', 'COMMIT']);
  });

  it('parking what can not be verified takes two more, however many there are', async () => {
    const commands = commandsOf(100).map(({ number }) =>
      number % 5 === 0 ? { number, refuseWith: 'ERR_ENVELOPE_SCHEMA' as const } : { number },
    );
    await newInbox(fixture, new EffectHandler(), { dataSource }).process(batchOf(commands));
    expect(statements).toEqual([
      'START TRANSACTION',
      'with incoming as',
      'insert into parked_message',
      'insert into effect',
      'insert into outbox_record',
      'COMMIT',
    ]);
    await fixture.dataSource.query('delete from outbox_record');
  });

  it('the relay takes one per look, which also forgets what the last look sent', async () => {
    const topic = await fixture.topic();
    const records = Array.from({ length: 1_000 }, (_, number) => recordOf(topic, randomUUID(), { number }));
    await fixture.dataSource.transaction((tx) => new Outbox().add(tx, records));
    const { producer, logger } = fixture;
    const relay = new OutboxRelay({ dataSource, producer, logger, pollMs: 60_000 });
    relay.start();
    await eventually(async () => expect(await fixture.dataSource.query('select 1 from outbox_record')).toEqual([]));
    await relay.stop();
    const looks = statements.filter((statement) => statement === 'with gone as');
    // Two with records, one that finds nothing, one at the stop; waking up may add one.
    expect(looks.length).toBeLessThanOrEqual(5);
  });

  it('the relay takes none for what its own process has just committed, but to forget what was sent', async () => {
    const topic = await fixture.topic();
    const { logger } = fixture;
    const send = jest.fn(async () => ({ partition: 0, offset: 0n }));
    const producer = { send, connect: async () => undefined, disconnect: async () => undefined };
    const relay = new OutboxRelay({ dataSource, producer, logger, pollMs: 60_000 });
    const looks = () => statements.filter((statement) => statement === 'with gone as').length;
    relay.start();
    await eventually(() => expect(looks()).toBeGreaterThan(0));
    const before = looks();
    for (let number = 1; number <= 30; number += 1) {
      await inTransaction(dataSource, (tx) => new Outbox().add(tx, [recordOf(topic, 'one-key', { number })]));
      await eventually(() => expect(send).toHaveBeenCalledTimes(number), { everyMs: 1 });
    }
    expect(looks() - before).toBeLessThan(10);
    await relay.stop();
    expect(await fixture.dataSource.query('select 1 from outbox_record')).toEqual([]);
  });
});
