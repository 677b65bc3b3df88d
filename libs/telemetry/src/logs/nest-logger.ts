import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** Writes what Nest itself logs to the app's log. Its chatter at start goes to debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(level: 'trace' | 'debug' | 'warn' | 'error' | 'fatal', message: unknown, rest: unknown[]): void {
    // Nest passes its context as the last text; a stack may stand before it.
    const context = rest.findLast((word) => typeof word === 'string' && !word.includes('\n'));
    const scope = context === undefined ? {} : { context };
    if (message instanceof Error) this.logger[level]({ ...scope, err: message }, message.name);
    else this.logger[level](scope, typeof message === 'string' ? message : 'message of the framework');
  }
}

/** Log of Nest while an app is made: without what ends the start, because whoever starts the app is told that itself. */
export class BootLogger extends NestLogger {
  override error(message: unknown, ...rest: unknown[]): void {
    if (!rest.includes('ExceptionHandler')) super.error(message, ...rest);
  }
}
