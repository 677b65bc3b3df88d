import { z } from 'zod';
import { signedDirectoryChange } from '../directory/change.js';
import { basisPage, issuedStatistics, statisticsPeriod } from '../hub-api/audit-api.js';
import { auditReason } from './audit-records.js';
import type { ApiOperation } from './operation.js';

/** What `verify statistics` checks offline, together with the basis. */
const statisticsWithDirectory = issuedStatistics.extend({
  directory: z.object({ changes: z.array(signedDirectoryChange), statement: z.string() }),
});
export type StatisticsWithDirectory = z.infer<typeof statisticsWithDirectory>;

/** Operations of the Secretariat about what everybody exchanged; the hub refuses them to every other participant. */
export const STATISTICS_OPERATIONS = {
  issueStatistics: {
    method: 'POST',
    path: '/v1/statistics',
    summary:
      'Statistics of a period that is over, counted from the log and signed by the hub. The same period is answered with the same statement, whatever the key. Logged before.',
    roles: ['SECRETARIAT'],
    context: false,
    idempotent: true,
    mediaType: 'application/json',
    body: statisticsPeriod.extend({ reason: auditReason }),
    status: 200,
    response: statisticsWithDirectory,
    errors: [
      'ERR_ACCESS_NOT_RECORDED',
      'ERR_CALLER_NOT_ENTITLED',
      'ERR_STATISTICS_PERIOD',
      'ERR_EVIDENCE_PENDING',
      'ERR_BROKER_UNAVAILABLE',
    ],
  },
  getStatisticsBasis: {
    method: 'GET',
    path: '/v1/statistics/basis',
    summary: 'What statistics are counted from: leaves of the log, opened, with the events of requests. Logged before.',
    roles: ['SECRETARIAT', 'AUDITOR'],
    context: false,
    idempotent: false,
    mediaType: 'application/json',
    query: z.object({ begin: z.coerce.number().int().nonnegative(), reason: auditReason }),
    status: 200,
    response: basisPage,
    errors: ['ERR_ACCESS_NOT_RECORDED', 'ERR_CALLER_NOT_ENTITLED', 'ERR_LOG_RANGE', 'ERR_BROKER_UNAVAILABLE'],
  },
} as const satisfies Record<string, ApiOperation>;
