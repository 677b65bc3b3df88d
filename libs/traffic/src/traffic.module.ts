import { Global, Module } from '@nestjs/common';
import { TrafficRepository } from './traffic.repository.js';
import { TrafficControl } from './traffic-control.js';

/** Gives {@link TrafficControl}. Needs `TelemetryModule` and a database with {@link TRAFFIC_ENTITIES} and {@link CreateTraffic}. */
@Global()
@Module({ providers: [TrafficRepository, TrafficControl], exports: [TrafficControl] })
export class TrafficModule {}
