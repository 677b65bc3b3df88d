import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuid7 } from 'uuid';
import { type DirectoryChange, directoryChangeSubmitted, type SignedDirectoryChange } from '#libs/contracts';
import { assertCause, parseFrame, type SignedEnvelope, type VerifiedEnvelope, verifyEnvelope } from '#libs/envelope';
import { KafkaRecordProducer, MAX_RECORD_BYTES, type ReceivedRecord, TopicReader } from '#libs/messaging';
import { createApp } from '#libs/telemetry';
import { eventually, type TestDatabase, testDatabase } from '#libs/testing';
import { type Directory, DirectoryReplica } from '#libs/trust';
import { directoryDatabase } from '../../../apps/directory/src/database/database-settings.js';
import { directoryApp } from '../../../apps/directory/src/directory.app.js';
import { HubCommunity } from '../hub-community.js';

/** Two instances of the directory on real Kafka and PostgreSQL, founded by both at once, and a look at what they publish. */
export class DirectoryWorld {
  readonly records: ReceivedRecord[] = [];
  first!: NestFastifyApplication;
  second!: NestFastifyApplication;
  private readonly reader: TopicReader;
  private readonly producer: KafkaRecordProducer;

  private constructor(
    readonly community: HubCommunity,
    readonly database: TestDatabase,
  ) {
    this.producer = new KafkaRecordProducer(community.connection());
    this.reader = new TopicReader({
      connection: community.connection(),
      topic: 'directory.events',
      name: 'test',
      handle: async (record) => void this.records.push(record),
      onCrash: () => undefined,
    });
  }

  static async begin(): Promise<DirectoryWorld> {
    const community = await HubCommunity.found(['rs', 'iq'], ['gateway', 'directory']);
    await community.createTopics();
    const world = new DirectoryWorld(community, await testDatabase(directoryDatabase('')));
    await world.producer.connect();
    await world.reader.start();
    const { genesisPath } = community;
    [world.first, world.second] = await Promise.all([world.start(genesisPath), world.start(genesisPath)]);
    for (const app of [world.first, world.second]) {
      const ready = async () => expect((await app.inject('/readyz')).json()).toMatchObject({ ready: true });
      await eventually(ready, { timeoutMs: 20_000 });
    }
    return world;
  }

  async end(): Promise<void> {
    await this.reader.stop();
    await this.producer.disconnect();
    await Promise.all([this.first.close(), this.second.close()]);
    await this.database.drop();
    await this.community.dissolve();
  }

  /** One more instance. */
  start(genesisPath: string | undefined, postgresUrl = this.database.url): Promise<NestFastifyApplication> {
    return createApp(directoryApp({ hub: this.community.settings('directory', postgresUrl), genesisPath }));
  }

  async snapshot(query = '', headers: Record<string, string> = {}, app = this.first) {
    const authorization = await this.community.authorization('rs', 'directory');
    return app.inject({ url: `/v1/directory${query}`, headers: { authorization, ...headers } });
  }

  replica(): DirectoryReplica {
    return new DirectoryReplica({ realm: 'production', roots: this.community.roots, audience: 'any' });
  }

  /** The directory as an access point has it that asks now. */
  async current(): Promise<Directory> {
    const copy = this.replica();
    await copy.load((await this.snapshot()).json());
    return copy.current;
  }

  /** Hands in a change as the gateway would put it on the topic. */
  async handIn(from: string, change: SignedDirectoryChange): Promise<SignedEnvelope> {
    const { urn, keystore } = this.community.member(from);
    const type = directoryChangeSubmitted.type;
    const event = this.community.chained({ source: urn, type, subject: uuid7(), header: { change } });
    const envelope = await this.community.sign(event, keystore);
    await this.put(envelope);
    return envelope;
  }

  async put({ jws, event }: SignedEnvelope): Promise<void> {
    await this.producer.send({ topic: 'directory.submissions', key: event.subject, value: Buffer.from(jws) });
  }

  /** The event that answers a submission, as others verify it. */
  answerTo(submission: SignedEnvelope): Promise<VerifiedEnvelope> {
    return eventually(async () => {
      const frames = this.records.map((record) => ({ record, ...parseFrame(record.value, MAX_RECORD_BYTES) }));
      const found = frames.find(({ causeJws }) => causeJws === submission.jws);
      if (!found) throw new Error('no answer yet');
      const verified = await verifyEnvelope(found.eventJws, {
        realm: 'production',
        channel: 'directory.events',
        keys: (await this.current()).keyResolver(),
        at: found.record.appendedAt,
        audience: 'any',
      });
      assertCause(verified, found.causeJws);
      return verified;
    });
  }

  /** A change that a participant's agency registers. */
  agency(participant: string, name: string): DirectoryChange {
    return {
      id: uuid7(),
      realm: 'production',
      effectiveFrom: new Date().toISOString(),
      kind: 'agency-registered',
      agency: {
        id: `urn:serai:agency:${participant}:${name}`,
        participant: this.community.member(participant).urn,
        name: `Agency ${name} (synthetic)`,
      },
    };
  }
}
