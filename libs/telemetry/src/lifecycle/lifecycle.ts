import { Inject } from '@nestjs/common';
import { Readiness } from '../health/readiness.js';
import { LOGGER, type Logger } from '../logs/logger.js';

/** Ends the process when something breaks that only a restart mends (a crashed consumer, a forked directory). */
export class Lifecycle {
  private ending: ((exitCode: number) => void) | undefined;

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
}
