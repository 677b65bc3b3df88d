import { type DynamicModule, Module } from '@nestjs/common';
import { TOPICS } from '#libs/contracts';
import { CallerModule, ConsumerModule, DirectoryReplicaModule, HubModule, ParkedController } from '#libs/hub';
import { PersistenceModule } from '#libs/persistence';
import { TelemetryModule } from '#libs/telemetry';
import type { NotificationsConfig } from './config.js';
import { notificationsDatabase } from './database/database-settings.js';
import { FeedConsumer } from './feed/feed.consumer.js';
import { FeedController } from './feed/feed.controller.js';
import { FeedHandler } from './feed/feed.handler.js';
import { FeedRepository } from './feed/feed.repository.js';
import { FeedReader } from './feed/feed-reader.js';
import { FeedWatcher } from './feed/feed-watcher.js';

@Module({})
export class NotificationsModule {
  static forRoot({ hub }: NotificationsConfig): DynamicModule {
    return {
      module: NotificationsModule,
      imports: [
        TelemetryModule.forRoot({ app: hub.service, logLevel: hub.app.logLevel }),
        HubModule.forRoot(hub),
        PersistenceModule.forRoot(notificationsDatabase(hub.postgresUrl)),
        ConsumerModule.forRoot({ concurrency: TOPICS.requestEvents.partitions + TOPICS.directoryEvents.partitions }),
        DirectoryReplicaModule,
        CallerModule,
      ],
      controllers: [FeedConsumer, FeedController, ParkedController],
      providers: [FeedHandler, FeedRepository, FeedReader, FeedWatcher],
    };
  }
}
