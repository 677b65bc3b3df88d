import { type DynamicModule, Module } from '@nestjs/common';
import { TOPICS } from '#libs/contracts';
import { CallerModule, ConsumerModule, DirectoryReplicaModule, HubModule, ParkedController } from '#libs/hub';
import { PersistenceModule } from '#libs/persistence';
import { TelemetryModule } from '#libs/telemetry';
import type { RequestsConfig } from './config.js';
import { requestsDatabase } from './database/database-settings.js';
import { Clock } from './deadline/clock.js';
import { DeadlineService } from './deadline/deadline.service.js';
import { DeadlineProfileRepository } from './deadline/deadline-profile.repository.js';
import { TimerScheduler } from './deadline/timer.scheduler.js';
import { LegConsumer } from './leg/leg.consumer.js';
import { LegPublisher } from './leg/leg.publisher.js';
import { LegRepository } from './leg/leg.repository.js';
import { LegService } from './leg/leg.service.js';
import { LegTelemetry } from './leg/leg.telemetry.js';

@Module({})
export class RequestsModule {
  static forRoot({ hub }: RequestsConfig): DynamicModule {
    return {
      module: RequestsModule,
      imports: [
        TelemetryModule.forRoot({ app: hub.service, logLevel: hub.app.logLevel }),
        HubModule.forRoot(hub),
        PersistenceModule.forRoot(requestsDatabase(hub.postgresUrl)),
        ConsumerModule.forRoot({ concurrency: TOPICS.requestSubmissions.partitions }),
        DirectoryReplicaModule,
        CallerModule,
      ],
      controllers: [LegConsumer, ParkedController],
      providers: [
        LegService,
        LegRepository,
        LegPublisher,
        LegTelemetry,
        DeadlineProfileRepository,
        DeadlineService,
        TimerScheduler,
        Clock,
      ],
    };
  }
}
