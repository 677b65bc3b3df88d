import { legClosed, requestWithdrawn } from '#libs/contracts';
import { before, type Find, lastFound } from '../anomaly-rule.js';
import type { AnomalySettings } from '../anomaly-settings.js';

/** Several legs that an officer opened shortly before somebody else withdrew them or closed them as of no use. */
export const findBeforeTheEnd: Find<AnomalySettings['AN6']> = (manager, { count, hours, days }, { now }) =>
  manager.query(
    `with ended as (
       select r.leg_id, r.at, r.officer
         from audit_record r
        where r.at >= $1 and (r.type = $4 or r.type = $5
              and exists (select from message m where m.envelope_id = r.record_id and m.header ->> 'outcome' = 'NO_USE'))
     )
     select a.subject as about, a.subject, a.officer, min(a.at) as "from", max(a.at) as until,
            count(distinct a.leg_id)::float8 as score, $2::float8 as threshold,
            array_agg(distinct a.entry_id) as records
       from ended e join access_log a on a.leg_id = e.leg_id and a.at > e.at - $3::interval and a.at < e.at
      where a.action = 'CONSULTED' and a.officer is distinct from e.officer and a.at > ${lastFound('AN6', 'a.subject')}
      group by a.subject, a.officer having count(distinct a.leg_id) >= $2`,
    [before(now, { days }), count, `${hours} hours`, requestWithdrawn.type, legClosed.type],
  );
