import { before, type Find, lastFound } from '../anomaly-rule.js';
import type { AnomalySettings } from '../anomaly-settings.js';

/** Legs that one participant does not take delivery of, while later ones to others were delivered: an outage there, or a hub that holds them back. */
export const findNotDelivered: Find<AnomalySettings['AN12']> = (manager, { count, hours, days }, { now }) =>
  manager.query(
    `with sent as (
       select addressee_participant as participant, created_at as at, submission_id, status
         from leg where direction = 'outgoing' and status is not null and created_at >= $1 and created_at < $3
     )
     select participant as about, participant, min(at) as "from", max(at) as until, count(*)::float8 as score, $2::float8 as threshold,
            array_agg(submission_id) as records
       from sent s
      where status = 'SUBMITTED' and at > ${lastFound('AN12', 's.participant')}
        and exists (select from sent o where o.participant <> s.participant and o.status <> 'SUBMITTED' and o.at >= s.at)
      group by participant having count(*) >= $2`,
    [before(now, { days }), count, before(now, { hours })],
  );
