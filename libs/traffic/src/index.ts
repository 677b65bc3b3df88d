import { TrafficPolicyRow, TrafficUseRow } from './traffic.entities.js';

export { CreateTraffic } from './1764000100000-create-traffic.js';
export { TokenBucket } from './token-bucket.js';
export { TrafficModule } from './traffic.module.js';
export { TrafficControl } from './traffic-control.js';

/** Entities of this lib, for the settings of a database. */
export const TRAFFIC_ENTITIES = [TrafficPolicyRow, TrafficUseRow] as const;
