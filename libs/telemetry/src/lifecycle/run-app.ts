import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { isSeraiError } from '#libs/errors';
import { describeError } from '../logs/log-safe.js';
import { LOGGER, type Logger } from '../logs/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { type AppOptions, createApp } from './create-app.js';
import { Lifecycle } from './lifecycle.js';

/** Options of {@link runApp}. */
export interface RunOptions extends AppOptions {
  /** The end of standard input means that the parent is gone: end too. */
  readonly endWithParent?: boolean;
}

const SHUTDOWN_LIMIT_MS = 25_000;

/**
 * Runs the work of a `main.ts`. What it throws ends the process with exit code 1 and one sentence on standard error.
 *
 * @example await runMain(() => runApp({ name: 'gateway', module: GatewayModule.forRoot(config), ...config.app }))
 */
export async function runMain(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    process.exit(1);
  }
}

/** Sentences for what is expected to go wrong; a bug also gets its stack. */
function sentenceOf(thrown: unknown): string {
  if (isSeraiError(thrown)) return thrown.message;
  const error = thrown instanceof Error ? thrown : new Error('unknown', { cause: thrown });
  const described = describeError(error);
  const sentence = `Can not start: ${described['message'] || error.name}.`;
  const { code } = described;
  return code === undefined ? `${sentence}\n${JSON.stringify(described)}` : `${sentence.slice(0, -1)} (${code}).`;
}

/**
 * Runs an app as this process: starts it, ends it in good order on SIGTERM, SIGINT, the end of the parent or {@link Lifecycle.fail}, and ends it
 * at once on an unhandled rejection.
 *
 * Order of the end (Nest 12): unready; onModuleDestroy and beforeApplicationShutdown (streams end, loops stop); HTTP closes; consumers finish the
 * batch in hand; onApplicationShutdown (producers and database are released, which everything before still needs).
 */
export async function runApp(options: RunOptions): Promise<NestFastifyApplication> {
  const app = await createApp(options);
  const logger = app.get<Logger>(LOGGER);
  const lifecycle = app.get(Lifecycle);
  app.get(Metrics).collectProcessMetrics();
  lifecycle.onEnd(endOnce(app, logger));
  endOnSignals(lifecycle);
  endOnBug(logger);
  if (options.endWithParent) endOnClosedInput(lifecycle);
  return app;
}

function endOnce(app: NestFastifyApplication, logger: Logger): (exitCode: number) => void {
  let under = false;
  return (exitCode) => {
    if (under) return;
    under = true;
    setTimeout(() => {
      logger.error({ resources: process.getActiveResourcesInfo() }, 'shutdown took too long; what is open is cut off');
      process.exit(1);
    }, SHUTDOWN_LIMIT_MS).unref();
    app.close().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        logger.error({ err: error }, 'shutdown failed');
        process.exit(1);
      },
    );
  };
}

function endOnSignals(lifecycle: Lifecycle): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => lifecycle.end(0));
}

function endOnBug(logger: Logger): void {
  const end = (kind: string) => (error: unknown) => {
    logger.fatal({ err: error }, kind);
    process.exit(1);
  };
  process.on('unhandledRejection', end('unhandled rejection'));
  process.on('uncaughtException', end('uncaught exception'));
}

function endOnClosedInput(lifecycle: Lifecycle): void {
  process.stdin.on('end', () => lifecycle.end(0));
  process.stdin.on('error', () => lifecycle.end(0));
  process.stdin.resume();
}
