import { type BeforeApplicationShutdown, Inject } from '@nestjs/common';
import { Readiness } from '../health/readiness.js';
import { LOGGER, type Logger } from '../logs/logger.js';

/** Ends the process when something breaks that only a restart mends (a crashed consumer, a forked directory). */
export class Lifecycle implements BeforeApplicationShutdown {
  private ending: ((exitCode: number) => void) | undefined;
  private readonly closing = new AbortController();
  private starting: Promise<void> = Promise.resolve();

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  /** Logs `error`, makes the app unready at once and has `runApp` end it in good order with exit code 1. */
  fail(error: unknown): void {
    this.logger.fatal({ err: error }, 'the app can not go on');
    this.end(1);
  }

  /** Goes down in good order. Without `runApp` (in a test) only readiness changes. */
  end(exitCode: number): void {
    this.readiness.stop();
    this.ending?.(exitCode);
  }

  /** `runApp` says here how to end the process. */
  onEnd(ending: (exitCode: number) => void): void {
    this.ending = ending;
  }

  /**
   * Runs a part of the start that goes on while the app listens already. The app closes only after it has ended; `closing` tells it to.
   * Its failure is {@link fail}.
   */
  startInBackground(work: (closing: AbortSignal) => Promise<void>): void {
    this.starting = work(this.closing.signal).catch((error: unknown) => this.fail(error));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closing.abort();
    await this.starting;
  }
}
