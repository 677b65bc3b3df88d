import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { TOPICS } from '#libs/contracts';
import { isSeraiError } from '#libs/errors';
import { HubDirectory, KAFKA_CONNECTION } from '#libs/hub';
import { type KafkaConnection, type ReceivedRecord, RecordFollower } from '#libs/messaging';
import { Lifecycle, LOGGER, type Logger } from '#libs/telemetry';
import { LogProgress } from './log-progress.js';
import { StatementVerifier } from './statement-verifier.js';

const RESTART_MS = 1_000;

/** Follows what the log says of itself, from now on: every instance for itself, since each hands out entries. */
@Injectable()
export class LogFollower implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private follower: RecordFollower | undefined;
  private starting: Promise<void> = Promise.resolve();
  /** Of statements that were passed over: told once for as long as it stays the same. */
  private complaint: string | undefined;

  constructor(
    private readonly directory: HubDirectory,
    private readonly verifier: StatementVerifier,
    private readonly progress: LogProgress,
    @Inject(KAFKA_CONNECTION) private readonly connection: KafkaConnection,
    private readonly lifecycle: Lifecycle,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.starting = this.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.starting;
    await this.follower?.stop();
  }

  /** Again and again while the broker or the topic is not there yet. */
  private async start(): Promise<void> {
    const { signal } = this.stopping;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([this.directory.ready(), stopped]);
    while (!signal.aborted && this.follower === undefined) {
      const follower = this.newFollower();
      try {
        await follower.start();
        this.follower = follower;
      } catch (error) {
        this.logger.warn({ err: error }, 'cannot read the statements of the log yet');
        await follower.stop().catch(() => undefined);
        await sleep(RESTART_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private newFollower(): RecordFollower {
    return new RecordFollower({
      connection: this.connection,
      topics: [TOPICS.auditProgress.name],
      name: `${this.connection.clientId}-log`,
      startAt: () => 'latest',
      handle: async ({ records }) => {
        for (const record of records) await this.take(record);
      },
      onCrash: (error) => this.lifecycle.fail(error),
    });
  }

  private async take(record: ReceivedRecord): Promise<void> {
    try {
      this.progress.take(await this.verifier.verify(record));
      this.complaint = undefined;
    } catch (error) {
      if (!isSeraiError(error)) throw error;
      this.progress.refused();
      if (this.complaint === error.code) return;
      this.complaint = error.code;
      this.logger.error({ err: error, offset: record.offset }, 'passed over a statement that is not of the log');
    }
  }
}
