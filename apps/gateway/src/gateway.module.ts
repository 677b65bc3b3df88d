import { type DynamicModule, Module } from '@nestjs/common';
import { openBlobStore } from '#libs/attachments';
import { BrokerModule, CallerModule, DirectoryReplicaModule, HubModule } from '#libs/hub';
import { PersistenceModule } from '#libs/persistence';
import { TelemetryModule } from '#libs/telemetry';
import { TrafficModule } from '#libs/traffic';
import { AttachmentController } from './attachment/attachment.controller.js';
import { AttachmentEntitlement } from './attachment/attachment.entitlement.js';
import { AttachmentRepository } from './attachment/attachment.repository.js';
import { AttachmentPruner } from './attachment/attachment-pruner.js';
import { NamedAttachments } from './attachment/named-attachments.js';
import type { GatewayConfig } from './config.js';
import { gatewayDatabase } from './database/database-settings.js';
import { DiscoveryController } from './discovery/discovery.controller.js';
import { AcceptedEnvelopeRepository } from './envelope/accepted-envelope.repository.js';
import { EnvelopeController } from './envelope/envelope.controller.js';
import { EnvelopeService } from './envelope/envelope.service.js';
import { GatewayAnswers } from './envelope/gateway-answers.js';
import { BLOB_STORE, GATEWAY_CONFIG } from './tokens.js';

@Module({})
export class GatewayModule {
  static forRoot(config: GatewayConfig): DynamicModule {
    return {
      module: GatewayModule,
      imports: [
        TelemetryModule.forRoot({ app: config.hub.service, logLevel: config.hub.app.logLevel }),
        HubModule.forRoot(config.hub),
        PersistenceModule.forRoot(gatewayDatabase(config.hub.postgresUrl)),
        BrokerModule,
        DirectoryReplicaModule,
        CallerModule,
        TrafficModule,
      ],
      controllers: [EnvelopeController, DiscoveryController, AttachmentController],
      providers: [
        { provide: GATEWAY_CONFIG, useValue: config },
        { provide: BLOB_STORE, useFactory: () => openBlobStore(config.attachments.place) },
        AcceptedEnvelopeRepository,
        AttachmentEntitlement,
        AttachmentPruner,
        AttachmentRepository,
        NamedAttachments,
        EnvelopeService,
        GatewayAnswers,
      ],
    };
  }
}
