import { Controller, type INestMicroservice } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import type { DataSource } from 'typeorm';
import {
  InboxConsumer,
  type InboxConsumerOptions,
  KafkaBatchStrategy,
  type KafkaBatchStrategyOptions,
  Outbox,
  type RecordBatch,
} from '#libs/messaging';
import type { Command, EffectHandler } from './effects.js';
import { type Fixture, GROUP, newMetrics } from './fixture.js';

/** A service that consumes, as apps build it: Nest, the transport, a controller. */
export interface RunningConsumer {
  readonly app: INestMicroservice;
  readonly strategy: KafkaBatchStrategy;
  /** Errors with which the consumer ended by itself. */
  readonly crashes: Error[];
  stop(): Promise<void>;
}

export interface ConsumerOptions extends Partial<KafkaBatchStrategyOptions> {
  readonly receive: (batch: RecordBatch) => Promise<void>;
}

/** Starts a service whose controller hands the batches of `topics` to `receive`. */
export async function startTransport(
  fixture: Fixture,
  topics: readonly string[],
  { receive, ...overrides }: ConsumerOptions,
): Promise<RunningConsumer> {
  const crashes: Error[] = [];
  const strategy = new KafkaBatchStrategy({
    connection: fixture.connection,
    groupId: GROUP,
    concurrency: 4,
    metrics: newMetrics(fixture.dataSource).metrics,
    onCrash: (error) => crashes.push(error),
    ...overrides,
  });
  const module = await Test.createTestingModule({ controllers: [controllerOf(topics, receive)] }).compile();
  const app = module.createNestMicroservice({ strategy, logger: false });
  await app.listen();
  return { app, strategy, crashes, stop: () => app.close() };
}

/** A controller with one `@EventPattern` per topic. */
export function controllerOf(topics: readonly string[], receive: (batch: RecordBatch) => Promise<void>) {
  class Receiver {}
  for (const topic of topics) {
    Object.defineProperty(Receiver.prototype, topic, { value: (batch: RecordBatch) => receive(batch), writable: true });
    const method = Object.getOwnPropertyDescriptor(Receiver.prototype, topic)!;
    EventPattern(topic)(Receiver.prototype, topic, method);
  }
  Controller()(Receiver);
  return Receiver;
}

/** An inbox over {@link EffectHandler}. */
export function newInbox(
  fixture: Fixture,
  handler: EffectHandler,
  overrides: Partial<InboxConsumerOptions<Command>> & { dataSource?: DataSource } = {},
): InboxConsumer<Command> {
  return new InboxConsumer({
    name: GROUP,
    dataSource: fixture.dataSource,
    handler,
    outbox: new Outbox(),
    parkKeys: false,
    metrics: newMetrics(fixture.dataSource).metrics,
    logger: fixture.logger,
    ...overrides,
  });
}

/** Transport and inbox together. */
export function startConsumer(
  fixture: Fixture,
  topic: string,
  handler: EffectHandler,
  overrides: Partial<InboxConsumerOptions<Command>> & Partial<KafkaBatchStrategyOptions> = {},
): Promise<RunningConsumer> {
  const inbox = newInbox(fixture, handler, overrides);
  return startTransport(fixture, [topic], { receive: (batch) => inbox.process(batch), ...overrides });
}
