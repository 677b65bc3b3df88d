import { before, type Find } from '../anomaly-rule.js';
import type { AnomalySettings } from '../anomaly-settings.js';

/** Looks at content drawn by their ids, which nobody chooses: the same ones each time they are drawn. */
export const drawSample: Find<AnomalySettings['SAMPLE']> = (manager, { share, days }, { now }) =>
  manager.query(
    `select entry_id::text as about, subject, officer, desk, leg_id as "legId", at as "from", at as until,
            0::float8 as score, 0::float8 as threshold, array[entry_id] as records
       from access_log a
      where operation = 'readContent' and action = 'CONSULTED' and at >= $1
        and ('x' || left(md5(entry_id::text), 8))::bit(32)::bigint < $2::float8 * 4294967296
        and not exists (select from anomaly_item i where i.rule = 'SAMPLE' and i.about = a.entry_id::text)`,
    [before(now, { days }), share],
  );
