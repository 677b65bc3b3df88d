import { ACT_OPERATIONS } from './act-operations.js';
import { ANOMALY_OPERATIONS } from './anomaly-operations.js';
import { APPROVAL_OPERATIONS } from './approval-operations.js';
import { AUDIT_OPERATIONS } from './audit-operations.js';
import { ERASURE_OPERATIONS } from './erasure-operations.js';
import { KEY_OPERATIONS } from './key-operations.js';
import { LOG_OPERATIONS } from './log-operations.js';
import { READ_OPERATIONS } from './read-operations.js';
import { STATISTICS_OPERATIONS } from './statistics-operations.js';

/** Every operation of the access point's API for officers, by operation id. */
export const ACCESS_POINT_API = {
  ...READ_OPERATIONS,
  ...ACT_OPERATIONS,
  ...APPROVAL_OPERATIONS,
  ...KEY_OPERATIONS,
  ...LOG_OPERATIONS,
  ...ERASURE_OPERATIONS,
  ...AUDIT_OPERATIONS,
  ...ANOMALY_OPERATIONS,
  ...STATISTICS_OPERATIONS,
} as const;

/** Id of an operation of {@link ACCESS_POINT_API}. */
export type ApiOperationId = keyof typeof ACCESS_POINT_API;
