import { before, type Find, lastFound } from '../anomaly-rule.js';
import type { AnomalySettings } from '../anomaly-settings.js';

/**
 * Messages that say to be signed later than the hub took them, as their place in the log proves: the clock of their participant runs ahead. One that runs behind cannot
 * be told from a message that waited for the hub.
 */
export const findClockAhead: Find<AnomalySettings['AN11']> = (manager, { count, seconds, days }, scene) =>
  manager.query(
    `select participant as about, participant, min(at) as "from", max(at) as until, max(ahead) as score, $3::float8 as threshold,
            array_agg(record_id) as records
       from (select r.at, r.record_id, case r.action when 'SENT' then $4 else r.counterpart end as participant,
                    extract(epoch from r.at - (p.opening::jsonb -> 'record' ->> 'acceptedAt')::timestamptz)::float8 as ahead
               from audit_record r join log_proof p on p.envelope_id = r.record_id
              where r.action in ('SENT', 'RECEIVED') and r.at >= $1) as message
      where ahead > $3 and at > ${lastFound('AN11', 'message.participant')}
      group by participant having count(*) >= $2`,
    [before(scene.now, { days }), count, seconds, scene.participant],
  );
