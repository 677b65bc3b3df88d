import { before, type Find, type Finding } from '../anomaly-rule.js';
import type { AnomalySettings } from '../anomaly-settings.js';

/** More legs opened in a shift than is usual at the desk. There are no rosters of officers: a shift is a fixed part of the day, in UTC. */
export const findManyLegs: Find<AnomalySettings['AN1']> = async (manager, values, { now }) => {
  const { shiftHours, deviations, leastDeviation, leastShifts, days } = values;
  const shift = `${shiftHours} hours`;
  const found: Finding[] = await manager.query(
    `with looks as (
       select subject, officer, desk, date_bin($2::interval, at, timestamptz 'epoch') as shift, leg_id, at, entry_id
         from access_log
        where action = 'CONSULTED' and desk is not null and at >= $1 and at < date_bin($2::interval, $3, timestamptz 'epoch')
     ), shifts as (
       select subject, officer, desk, shift, count(distinct leg_id) as legs, min(at) as first,
              array_agg(entry_id) as entries
         from looks group by subject, officer, desk, shift
     ), medians as (
       select desk, count(*) as shifts, percentile_cont(0.5) within group (order by legs) as median from shifts group by desk
     ), usual as (
       select m.desk, m.shifts, m.median + $4 * greatest($5, percentile_cont(0.5) within group (order by abs(s.legs - m.median))) as most
         from shifts s join medians m using (desk) group by m.desk, m.shifts, m.median
     )
     select subject || ' ' || desk as about, subject, officer, desk, first as "from", shift + $2::interval as until,
            legs::float8 as score, most as threshold, entries as records
       from shifts join usual using (desk)
      where legs > most and shifts >= $6`,
    [before(now, { days }), shift, now, deviations, leastDeviation, leastShifts],
  );
  return found;
};
