import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SeraiError } from '#libs/errors';
import {
  KafkaBatchStrategy,
  type KafkaConnection,
  type MessagingMetrics,
  messagingMetrics,
  Outbox,
  OutboxRelay,
  ProducerChain,
  type RecordProducer,
} from '#libs/messaging';
import { Lifecycle, LOGGER, type Logger, Metrics, Readiness } from '#libs/telemetry';
import type { HubSettings } from '../hub-settings.js';
import { HUB_SETTINGS, KAFKA_CONNECTION, MESSAGING_METRICS, RECORD_PRODUCER } from '../tokens.js';
import { BrokerModule, ProducerConnection } from './broker.module.js';
import { Inboxes } from './inboxes.js';

/** How a service consumes. */
export interface ConsumerOptions {
  /** Partitions handled at the same time: all that one instance may own. */
  readonly concurrency: number;
}

const CONCURRENCY = Symbol('serai.consumer-concurrency');

/** Runs the outbox relay and reports whether the consumer lives. */
@Injectable()
class MessagingRuntime implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly relay: OutboxRelay;
  private isStopping = false;

  constructor(
    dataSource: DataSource,
    private readonly connection: ProducerConnection,
    @Inject(RECORD_PRODUCER) producer: RecordProducer,
    @Inject(LOGGER) logger: Logger,
    strategy: KafkaBatchStrategy,
    readiness: Readiness,
  ) {
    this.relay = new OutboxRelay({ dataSource, producer, logger });
    readiness.add({ name: 'consumer', check: () => assertLive(strategy) });
  }

  onApplicationBootstrap(): void {
    void this.connection.whenConnected().then(() => {
      if (!this.isStopping) this.relay.start();
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.relay.stop();
  }
}

function assertLive(strategy: KafkaBatchStrategy): void {
  const { live, reason } = strategy.liveness();
  if (!live) throw new SeraiError('ERR_BROKER_UNAVAILABLE', reason);
}

function consumerStrategy(
  { service }: HubSettings,
  connection: KafkaConnection,
  metrics: MessagingMetrics,
  concurrency: number,
  lifecycle: Lifecycle,
): KafkaBatchStrategy {
  const onCrash = (error: Error): void => lifecycle.fail(error);
  return new KafkaBatchStrategy({ connection, groupId: service, concurrency, metrics, onCrash });
}

/**
 * What a service needs that consumes topics and emits events: `KafkaBatchStrategy` (group = name of the service), `Outbox` with its relay running,
 * `ProducerChain`, {@link Inboxes}, {@link MESSAGING_METRICS}, {@link RECORD_PRODUCER}; readiness checks `broker` and `consumer`. The service's controller has
 * the `@EventPattern`s; `createApp({ consumer })` starts the strategy.
 *
 * @example consumer: async (app) => { await app.get(HubDirectory).ready(); return app.get(KafkaBatchStrategy); }
 */
@Module({})
export class ConsumerModule {
  static forRoot({ concurrency }: ConsumerOptions): DynamicModule {
    return {
      module: ConsumerModule,
      imports: [BrokerModule],
      providers: [
        { provide: CONCURRENCY, useValue: concurrency },
        {
          provide: MESSAGING_METRICS,
          inject: [Metrics, DataSource],
          useFactory: (metrics: Metrics, dataSource: DataSource) => messagingMetrics(metrics.registry, dataSource),
        },
        {
          provide: KafkaBatchStrategy,
          inject: [HUB_SETTINGS, KAFKA_CONNECTION, MESSAGING_METRICS, CONCURRENCY, Lifecycle],
          useFactory: consumerStrategy,
        },
        Outbox,
        ProducerChain,
        Inboxes,
        MessagingRuntime,
      ],
      exports: [KafkaBatchStrategy, Outbox, ProducerChain, Inboxes, MESSAGING_METRICS],
    };
  }
}
