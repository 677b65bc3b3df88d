import { setTimeout as sleep } from 'node:timers/promises';
import {
  Global,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { SeraiError } from '#libs/errors';
import { type KafkaConnection, KafkaRecordProducer, type RecordProducer } from '#libs/messaging';
import { LOGGER, type Logger, Readiness } from '#libs/telemetry';
import { KAFKA_CONNECTION, RECORD_PRODUCER } from '../tokens.js';

const RECONNECT_MS = 1_000;

/** Keeps the producer connected from start to end; an app that starts before its broker waits for it, unready. */
@Injectable()
export class ProducerConnection implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly connecting = Promise.withResolvers<void>();
  private connected = false;

  constructor(
    @Inject(RECORD_PRODUCER) private readonly producer: RecordProducer,
    @Inject(LOGGER) private readonly logger: Logger,
    readiness: Readiness,
  ) {
    readiness.add({ name: 'broker', check: () => this.assertConnected() });
  }

  onApplicationBootstrap(): void {
    void this.connect();
  }

  /** Resolves once the broker has been reached for the first time. */
  whenConnected(): Promise<void> {
    return this.connecting.promise;
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.producer.disconnect();
  }

  private async connect(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted && !this.connected) {
      try {
        await this.producer.connect();
        this.connected = true;
        this.connecting.resolve();
      } catch (error) {
        this.logger.warn({ err: error }, 'cannot reach the broker yet');
        await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private assertConnected(): void {
    if (!this.connected) throw new SeraiError('ERR_BROKER_UNAVAILABLE', 'The broker has not been reached yet.');
  }
}

/** Gives {@link RECORD_PRODUCER}, connected in the background, with the readiness check `broker`. Needs `HubModule` and `TelemetryModule`. */
@Global()
@Module({
  providers: [
    {
      provide: RECORD_PRODUCER,
      inject: [KAFKA_CONNECTION],
      useFactory: (connection: KafkaConnection) => new KafkaRecordProducer(connection),
    },
    ProducerConnection,
  ],
  exports: [RECORD_PRODUCER, ProducerConnection],
})
export class BrokerModule {}
