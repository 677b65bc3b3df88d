import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { HealthController } from './health/health.controller.js';
import { Readiness } from './health/readiness.js';
import { ProblemFilter } from './http/problem.filter.js';
import { Lifecycle } from './lifecycle/lifecycle.js';
import { createLogger, LOGGER } from './logs/logger.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { Metrics } from './metrics/metrics.js';

/** Settings of {@link TelemetryModule}. */
export interface TelemetryOptions {
  /** Name of the app: on every log line. */
  readonly app: string;
  /** Level of the log; `info` unless given. */
  readonly logLevel?: string;
}

/**
 * Log, metrics, health and problem documents of an app; global, imported once by the app's root module.
 * Gives {@link LOGGER}, {@link Metrics}, {@link Readiness} and {@link Lifecycle} to inject, and the routes `/healthz`, `/readyz`, `/metrics`.
 */
@Module({})
export class TelemetryModule {
  static forRoot({ app, logLevel = 'info' }: TelemetryOptions): DynamicModule {
    return {
      module: TelemetryModule,
      global: true,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: LOGGER, useFactory: () => createLogger({ app, level: logLevel }) },
        Metrics,
        Readiness,
        Lifecycle,
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [LOGGER, Metrics, Readiness, Lifecycle],
    };
  }
}
