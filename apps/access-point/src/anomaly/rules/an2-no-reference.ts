import { before, type Find, lastFound } from '../anomaly-rule.js';
import type { AnomalySettings } from '../anomaly-settings.js';

/** Searches and exports of records that name no leg, request or message. Every other look is at a leg. */
export const findNoReference: Find<AnomalySettings['AN2']> = (manager, { count, days }, { now }) =>
  manager.query(
    `select subject as about, subject, officer, min(at) as "from", max(at) as until, count(*)::float8 as score, $2::float8 as threshold,
            array_agg(entry_id) as records
       from access_log a
      where operation in ('searchRecords', 'exportRecords') and action in ('AUDIT_QUERIED', 'EXPORTED')
        and criteria ->> 'reference' is null and at >= $1 and at > ${lastFound('AN2', 'a.subject')}
      group by subject, officer having count(*) >= $2`,
    [before(now, { days }), count],
  );
