import { legDelivered, legRead } from '#libs/contracts';
import { before, type Find, lastFound } from '../anomaly-rule.js';
import type { AnomalySettings } from '../anomaly-settings.js';

/** What the access point sends when a leg is opened is no act of the officer. */
const BY_ITSELF = [legDelivered.type, legRead.type];

/** One leg opened again and again by an officer who never did anything about it. */
export const findNoAction: Find<AnomalySettings['AN4']> = (manager, values, { now }) => {
  const { count, occasionMinutes, days } = values;
  return manager.query(
    `select subject || ' ' || leg_id as about, subject, officer, leg_id as "legId", min(at) as "from", max(at) as until,
            count(distinct date_bin($3::interval, at, timestamptz 'epoch'))::float8 as score, $2::float8 as threshold,
            array_agg(entry_id) as records
       from access_log a
      where action = 'CONSULTED' and at >= $1 and at > ${lastFound('AN4', `a.subject || ' ' || a.leg_id`)}
        and not exists (select from audit_record r
                         where r.leg_id = a.leg_id and r.officer = a.officer and r.action = 'SENT' and r.type <> all ($4))
        and not exists (select from note n where n.leg_id = a.leg_id and n.officer = a.officer)
        and not exists (select from assignment g where g.leg_id = a.leg_id and g.officer = a.officer)
        and not exists (select from approval p where p.leg_id = a.leg_id and a.officer in (p.proposed_by, p.decided_by))
      group by subject, officer, leg_id having count(distinct date_bin($3::interval, at, timestamptz 'epoch')) >= $2`,
    [before(now, { days }), count, `${occasionMinutes} minutes`, BY_ITSELF],
  );
};
