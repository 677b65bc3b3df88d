import { before, type Find, lastFound } from '../anomaly-rule.js';
import type { AnomalySettings } from '../anomaly-settings.js';

/** Many exports in a short time: evidence packs, found records, statistics. */
export const findExportBurst: Find<AnomalySettings['AN9']> = (manager, { count, minutes, days }, { now }) =>
  manager.query(
    `with exports as (
       select subject, officer, at,
              count(*) over burst as exports, array_agg(entry_id) over burst as records, min(at) over burst as first
         from access_log a
        where action = 'EXPORTED' and at >= $1 and at > ${lastFound('AN9', 'a.subject')}
       window burst as (partition by subject order by at range between $3::interval preceding and current row)
     )
     select distinct on (subject) subject as about, subject, officer, first as "from", at as until,
            exports::float8 as score, $2::float8 as threshold, records
       from exports where exports >= $2 order by subject, at`,
    [before(now, { days }), count, `${minutes} minutes`],
  );
