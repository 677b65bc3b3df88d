import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { gatewayRefusal, type HeaderOf, serviceUrnOf } from '#libs/contracts';
import { type SignedEnvelope, type VerifiedEnvelope, verifyEnvelope } from '#libs/envelope';
import { type ReceivedRecord, TopicReader } from '#libs/messaging';
import { createApp } from '#libs/telemetry';
import { eventually, type TestDatabase, testDatabase } from '#libs/testing';
import { Directory } from '#libs/trust';
import type { GatewayConfig } from '../../../apps/gateway/src/config.js';
import { gatewayDatabase } from '../../../apps/gateway/src/database/database-settings.js';
import { gatewayApp } from '../../../apps/gateway/src/gateway.app.js';
import { HubCommunity } from '../hub-community.js';

interface Handing {
  readonly as?: string;
  readonly authorization?: string;
  readonly to?: NestFastifyApplication;
  readonly contentType?: string;
}

/** A gateway on real Kafka and PostgreSQL, members that call it, and a look at what it stored. */
export class GatewayWorld {
  readonly records: ReceivedRecord[] = [];

  private constructor(
    readonly community: HubCommunity,
    readonly database: TestDatabase,
    readonly gateway: NestFastifyApplication,
    private readonly reader: TopicReader,
    private readonly directory: Directory,
  ) {}

  static async begin(): Promise<GatewayWorld> {
    const community = await HubCommunity.found(['rs', 'iq', 'tr'], ['gateway', 'directory', 'requests']);
    await community.createTopics();
    await community.publishDirectory();
    const database = await testDatabase(gatewayDatabase(''));
    const gateway = await createApp(gatewayApp(configOf(community, database)));
    let directory = Directory.empty('production', community.roots);
    for (const change of community.genesis) directory = await directory.apply(change);
    const reader = new TopicReader({
      connection: community.connection(),
      topic: 'requests.submissions',
      name: 'test',
      handle: async (record) => void world.records.push(record),
      onCrash: () => undefined,
    });
    const world = new GatewayWorld(community, database, gateway, reader, directory);
    await reader.start();
    await untilReady(gateway);
    return world;
  }

  async end(): Promise<void> {
    await this.reader.stop();
    await this.gateway.close();
    await this.database.drop();
    await this.community.dissolve();
  }

  /** One more gateway, with other settings. */
  another(
    settings: Partial<GatewayConfig['hub']>,
    attachments?: GatewayConfig['attachments'],
  ): Promise<NestFastifyApplication> {
    const config = configOf(this.community, this.database, settings);
    return createApp(gatewayApp({ ...config, ...(attachments ? { attachments } : {}) }));
  }

  async hand(body: string | object, { as = 'rs', to = this.gateway, ...headers }: Handing = {}) {
    const isBatch = typeof body === 'object';
    return to.inject({
      method: 'POST',
      url: '/v1/envelopes',
      headers: {
        authorization: headers.authorization ?? (await this.community.authorization(as, 'gateway')),
        'content-type': headers.contentType ?? (isBatch ? 'application/json' : 'application/jose'),
      },
      payload: isBatch ? JSON.stringify(body) : body,
    });
  }

  /** An answer as the access point of `reader` checks it. */
  opened(answer: string, reader = 'rs'): Promise<VerifiedEnvelope> {
    return verifyEnvelope(answer, {
      realm: 'production',
      channel: 'gateway.answers',
      keys: this.directory.keyResolver(),
      at: new Date(),
      audience: this.community.member(reader).urn,
      source: serviceUrnOf('gateway'),
    });
  }

  async refusalOf(answer: string, reader?: string) {
    const { event } = await this.opened(answer, reader);
    expect(event.type).toBe(gatewayRefusal.type);
    return event.data.header as unknown as HeaderOf<typeof gatewayRefusal>;
  }

  async expectRefused(
    response: { statusCode: number; body: string },
    status: number,
    code: string,
    reader?: string,
  ): Promise<void> {
    const { problem } = await this.refusalOf(response.body, reader);
    expect({ status: response.statusCode, code: problem.code }).toEqual({ status, code });
    expect(problem.status).toBe(status);
  }

  /** How many records hold the envelope. */
  storedWith(envelope: SignedEnvelope): number {
    return this.records.filter(({ value }) => value.toString('latin1') === envelope.jws).length;
  }
}

export async function untilReady(app: NestFastifyApplication): Promise<void> {
  const ready = async () => expect((await app.inject('/readyz')).json()).toMatchObject({ ready: true });
  await eventually(ready, { timeoutMs: 20_000 });
}

function configOf(community: HubCommunity, database: TestDatabase, settings = {}): GatewayConfig {
  return {
    hub: { ...community.settings('gateway', database.url), ...settings },
    trustProxy: false,
    attachments: { place: { folder: path.join(community.folder, 'attachments') }, days: 90 },
    addresses: { gateway: 'http://hub.test', directory: 'http://directory.test', notifications: 'http://feed.test' },
  };
}
