import fastifyHelmet from '@fastify/helmet';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SeraiError } from '#libs/errors';
import { observeRequests } from '../http/request-hooks.js';
import { endSpareConnections } from '../http/spare-connections.js';
import { createLogger, LOGGER, type Logger } from '../logs/logger.js';
import { BootLogger, NestLogger } from '../logs/nest-logger.js';
import { Metrics } from '../metrics/metrics.js';
import { Lifecycle } from './lifecycle.js';

/** How an app is made and where it listens. */
export interface AppOptions {
  /** Name of the app in kebab-case. */
  readonly name: string;
  /** Root module; imports `TelemetryModule.forRoot` itself. */
  readonly module: Type | DynamicModule;
  readonly host: string;
  readonly port: number;
  /** PEM texts of certificate chain and key; plain HTTP without. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Largest body in bytes; 1 MiB unless given. */
  readonly bodyLimit?: number;
  /** Believe `X-Forwarded-*` of the proxy in front. */
  readonly trustProxy?: boolean;
  /** Last settings before the app listens: content types, hooks. */
  readonly configure?: (app: NestFastifyApplication) => void | Promise<void>;
  /**
   * The consumer of topics, taken from the app's container. Asked for after the app listens and not waited for, so that `/readyz` can tell
   * what is missing meanwhile; what the consumer needs first (a directory that has caught up) is awaited in here.
   */
  readonly consumer?: (app: NestFastifyApplication) => CustomTransportStrategy | Promise<CustomTransportStrategy>;
}

const DEFAULT_BODY_LIMIT = 1_048_576;
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * Makes an app with the settings of the house and lets it listen. Touches nothing of the process: {@link runApp} does that, tests
 * use this alone.
 */
export async function createApp(options: AppOptions): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: options.bodyLimit ?? DEFAULT_BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Whatever still comes while the app closes is served: everything that serving needs is released only after HTTP has closed.
    return503OnClosing: false,
    trustProxy: options.trustProxy ?? false,
    ...(options.tls ? { https: { ...options.tls, minVersion: 'TLSv1.2' as const } } : {}),
  });
  const app = await NestFactory.create<NestFastifyApplication>(options.module, adapter, {
    logger: new BootLogger(createLogger({ app: options.name, level: 'warn' })),
    abortOnError: false,
  });
  const logger = app.get<Logger>(LOGGER);
  app.useLogger(new NestLogger(logger));
  observeRequests(app.getHttpAdapter().getInstance(), logger, app.get(Metrics));
  endSpareConnections(app.getHttpAdapter().getInstance());
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  });
  await options.configure?.(app);
  try {
    await app.listen(options.port, options.host);
  } catch (error) {
    await app.close();
    throw listenFailure(error, options);
  }
  logger.info({ address: await app.getUrl() }, 'listening');
  const { consumer } = options;
  if (consumer) app.get(Lifecycle).startInBackground((closing) => startConsumer(app, consumer, closing));
  return app;
}

/** What keeps an app from listening, as a sentence. */
function listenFailure(error: unknown, { name, host, port }: AppOptions): unknown {
  const { code } = error as { code?: string };
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another process uses this port',
    EACCES: 'this user may not listen there',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  const reason = reasons[code ?? ''];
  if (!reason) return error;
  return new SeraiError('ERR_CONFIG_INVALID', `${name} can not listen on ${host}:${port}: ${reason}.`, {
    cause: error,
  });
}

/** Waits for what the consumer needs, unless the app closes before: then it must not join its group any more. */
async function startConsumer(
  app: NestFastifyApplication,
  consumer: NonNullable<AppOptions['consumer']>,
  closing: AbortSignal,
): Promise<void> {
  const closed = new Promise<undefined>((resolve) => closing.addEventListener('abort', () => resolve(undefined)));
  const strategy = await Promise.race([consumer(app), closed]);
  if (strategy === undefined || closing.aborted) return;
  app.connectMicroservice({ strategy });
  // It may wait for its broker: closing ends that, with the strategy.
  await Promise.race([app.startAllMicroservices(), closed]);
}
