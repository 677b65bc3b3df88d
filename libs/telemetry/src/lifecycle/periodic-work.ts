/** What is done now and then. */
export interface PeriodicWorkSettings {
  readonly everyMs: number;
  /** Does it once; `stopping` tells it to leave the rest for another time. A failure is logged, and the next time comes all the same. */
  readonly work: (stopping: AbortSignal) => Promise<void>;
  /** What the log says of a failure. */
  readonly failure: string;
  readonly logger: { warn(fields: object, message: string): void };
}

/** Does something now and then, never twice at once; what is under way when it is stopped is waited for. */
export class PeriodicWork {
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly settings: PeriodicWorkSettings) {}

  /** The first time is one period from now. */
  start(): void {
    this.timer = setInterval(() => this.begin(), this.settings.everyMs);
    this.timer.unref();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.running;
  }

  private begin(): void {
    const { work, failure, logger } = this.settings;
    this.running ??= work(this.stopping.signal)
      .catch((error: unknown) => logger.warn({ err: error }, failure))
      .finally(() => {
        this.running = undefined;
      });
  }
}
