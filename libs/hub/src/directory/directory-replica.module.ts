import { Global, Module } from '@nestjs/common';
import { DirectoryObservers } from './directory-observers.js';
import { HubDirectory } from './hub-directory.js';
import { ReplicatedDirectory } from './replicated-directory.js';

/**
 * Gives {@link HubDirectory} to a service of the hub: a replica that follows `directory.events`, with the readiness check `directory`.
 * Needs `HubModule` and `TelemetryModule`.
 */
@Global()
@Module({
  providers: [DirectoryObservers, { provide: HubDirectory, useClass: ReplicatedDirectory }],
  exports: [HubDirectory],
})
export class DirectoryReplicaModule {}
