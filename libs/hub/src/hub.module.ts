import { readFile } from 'node:fs/promises';
import { type DynamicModule, Module } from '@nestjs/common';
import { serviceUrnOf } from '#libs/contracts';
import { openKeystore } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import type { KafkaConnection } from '#libs/messaging';
import { LOGGER, type Logger } from '#libs/telemetry';
import { parseRootKeys, type RootKeys } from '#libs/trust';
import { HubIdentity } from './hub-identity.js';
import type { HubSettings } from './hub-settings.js';
import { HUB_SETTINGS, KAFKA_CONNECTION, ROOT_KEYS } from './tokens.js';

/** What a service of the hub is and whom it trusts: {@link HubIdentity}, {@link ROOT_KEYS}, {@link KAFKA_CONNECTION}; global, once per app. */
@Module({})
export class HubModule {
  static forRoot(settings: HubSettings): DynamicModule {
    return {
      module: HubModule,
      global: true,
      providers: [
        { provide: HUB_SETTINGS, useValue: settings },
        { provide: HubIdentity, useFactory: () => openIdentity(settings) },
        { provide: ROOT_KEYS, useFactory: () => readRootKeys(settings.rootKeysPath) },
        {
          provide: KAFKA_CONNECTION,
          inject: [LOGGER],
          useFactory: (logger: Logger): KafkaConnection => ({
            brokers: settings.brokers,
            clientId: settings.service,
            topicPrefix: settings.topicPrefix,
            client: settings.kafkaClient,
            logger,
          }),
        },
      ],
      exports: [HUB_SETTINGS, HubIdentity, ROOT_KEYS, KAFKA_CONNECTION],
    };
  }
}

async function openIdentity({ service, realm, keystore }: HubSettings): Promise<HubIdentity> {
  return new HubIdentity(serviceUrnOf(service), realm, await openKeystore(keystore.path, keystore.passphrase));
}

async function readRootKeys(path: string): Promise<RootKeys> {
  try {
    return parseRootKeys(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (cause instanceof SeraiError) throw cause;
    throw new SeraiError(
      'ERR_TRUST_ROOT',
      `The root keys in ${path} can not be read. Check the path and that it is JSON.`,
      {
        cause,
      },
    );
  }
}
