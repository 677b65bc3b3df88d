import { type DynamicModule, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BrokerModule, CallerModule, DirectoryReplicaModule, HubIdentity, HubModule } from '#libs/hub';
import { PersistenceModule } from '#libs/persistence';
import { TelemetryModule } from '#libs/telemetry';
import { CheckpointPublisher } from './checkpoint/checkpoint.publisher.js';
import { CheckpointRepository } from './checkpoint/checkpoint.repository.js';
import { CheckpointTelemetry } from './checkpoint/checkpoint.telemetry.js';
import { AUDIT_CONFIG, type AuditConfig } from './config.js';
import { auditDatabase } from './database/database-settings.js';
import { EpochController } from './epoch/epoch.controller.js';
import { EpochCloser } from './epoch/epoch-closer.js';
import { EpochOpener } from './epoch/epoch-opener.js';
import { HeldLogs } from './epoch/held-logs.js';
import { FindingController } from './finding/finding.controller.js';
import { FindingRepository } from './finding/finding.repository.js';
import { LeafRepository } from './leaf/leaf.repository.js';
import { OpeningController } from './opening/opening.controller.js';
import { Openings } from './opening/openings.js';
import { ProgressPublisher } from './progress/progress.publisher.js';
import { WitnessedHead } from './progress/witnessed-head.js';
import { RetentionController } from './retention/retention.controller.js';
import { RetentionRepository } from './retention/retention.repository.js';
import { LEADER_WORK, type LeaderWork } from './sequencing/leader-work.js';
import { LogTelemetry } from './sequencing/log.telemetry.js';
import { Sequencer } from './sequencing/sequencer.js';
import { SequencingRepository } from './sequencing/sequencing.repository.js';
import { Basis } from './statistics/basis.js';
import { CompleteCheckpoint } from './statistics/complete-checkpoint.js';
import { LoggedEvents } from './statistics/logged-events.js';
import { Secretariat } from './statistics/secretariat.js';
import { StatisticsController } from './statistics/statistics.controller.js';
import { StatisticsRepository } from './statistics/statistics.repository.js';
import { StatisticsIssuer } from './statistics/statistics-issuer.js';
import { LogController } from './tile/log.controller.js';
import { LogFolder } from './tile/log-folder.js';
import { ProofController } from './tile/proof.controller.js';
import { TileWriter } from './tile/tile-writer.js';

const CONTROLLERS = [
  EpochController,
  FindingController,
  LogController,
  OpeningController,
  ProofController,
  RetentionController,
  StatisticsController,
];

const STATISTICS = [Basis, CompleteCheckpoint, LoggedEvents, Secretariat, StatisticsIssuer, StatisticsRepository];

@Module({})
export class AuditModule {
  static forRoot(config: AuditConfig): DynamicModule {
    const { hub } = config;
    return {
      module: AuditModule,
      imports: [
        TelemetryModule.forRoot({ app: hub.service, logLevel: hub.app.logLevel }),
        HubModule.forRoot(hub),
        PersistenceModule.forRoot(auditDatabase(hub.postgresUrl, { schema: config.schema })),
        BrokerModule,
        DirectoryReplicaModule,
        CallerModule,
      ],
      controllers: CONTROLLERS,
      providers: [
        { provide: AUDIT_CONFIG, useValue: config },
        {
          provide: LEADER_WORK,
          useFactory: (...works: LeaderWork[]) => works,
          inject: [ProgressPublisher, CheckpointPublisher, EpochCloser],
        },
        CheckpointPublisher,
        CheckpointRepository,
        CheckpointTelemetry,
        EpochCloser,
        EpochOpener,
        FindingRepository,
        {
          provide: HeldLogs,
          inject: [DataSource, HubIdentity],
          useFactory: (database: DataSource, identity: HubIdentity) => HeldLogs.open(config, database, identity),
        },
        LeafRepository,
        LogFolder,
        LogTelemetry,
        Openings,
        RetentionRepository,
        ProgressPublisher,
        Sequencer,
        SequencingRepository,
        TileWriter,
        WitnessedHead,
        ...STATISTICS,
      ],
    };
  }
}
