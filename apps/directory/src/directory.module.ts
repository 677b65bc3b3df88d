import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TOPICS } from '#libs/contracts';
import { CallerModule, ConsumerModule, HubDirectory, HubModule, ParkedController } from '#libs/hub';
import { PersistenceModule } from '#libs/persistence';
import { TelemetryModule } from '#libs/telemetry';
import { ChangeConsumer } from './change/change.consumer.js';
import { ChangeHandler } from './change/change.handler.js';
import { ChangeService } from './change/change.service.js';
import { DirectoryChangeRepository } from './change/directory-change.repository.js';
import { DirectoryOriginal } from './change/directory-original.js';
import type { DirectoryConfig } from './config.js';
import { directoryDatabase } from './database/database-settings.js';
import { GenesisService } from './genesis/genesis.service.js';
import { SnapshotController } from './snapshot/snapshot.controller.js';
import { SnapshotService } from './snapshot/snapshot.service.js';
import { DIRECTORY_CONFIG } from './tokens.js';

/** The original instead of a replica, for the caller guard too. */
@Global()
@Module({
  providers: [DirectoryChangeRepository, DirectoryOriginal, { provide: HubDirectory, useExisting: DirectoryOriginal }],
  exports: [DirectoryChangeRepository, DirectoryOriginal, HubDirectory],
})
class OriginalModule {}

@Module({})
export class DirectoryModule {
  static forRoot(config: DirectoryConfig): DynamicModule {
    const { hub } = config;
    return {
      module: DirectoryModule,
      imports: [
        TelemetryModule.forRoot({ app: hub.service, logLevel: hub.app.logLevel }),
        HubModule.forRoot(hub),
        PersistenceModule.forRoot(directoryDatabase(hub.postgresUrl)),
        ConsumerModule.forRoot({ concurrency: TOPICS.directorySubmissions.partitions }),
        OriginalModule,
        CallerModule,
      ],
      controllers: [ChangeConsumer, ParkedController, SnapshotController],
      providers: [
        { provide: DIRECTORY_CONFIG, useValue: config },
        ChangeHandler,
        ChangeService,
        GenesisService,
        SnapshotService,
      ],
    };
  }
}
