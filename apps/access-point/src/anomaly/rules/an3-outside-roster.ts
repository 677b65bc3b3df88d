import type { EntityManager } from 'typeorm';
import type { DeskNudges } from '#libs/contracts';
import { before, type Find, type Finding, lastFound } from '../anomaly-rule.js';
import type { AnomalySettings } from '../anomaly-settings.js';
import { isNearShift } from '../near-shift.js';

interface Look {
  readonly subject: string;
  readonly officer: string;
  readonly desk: string;
  readonly at: Date;
  readonly entry_id: string;
  /** Of the desk, in force then. */
  readonly roster: DeskNudges['roster'] | null;
}

/** Looks for a desk when nobody of it is on duty. The roster is the desk's: whose shift it was is not known here. */
export const findOutsideRoster: Find<AnomalySettings['AN3']> = async (manager, values, { now, directory }) => {
  const { count, toleranceHours, days } = values;
  const byOfficer = new Map<string, Look[]>();
  for (const look of await findLooks(manager, before(now, { days }))) {
    const zone = directory.deskAt(look.desk, look.at)?.timeZone;
    if (!zone || !look.roster?.length || isNearShift(look.roster, zone, look.at, toleranceHours)) continue;
    const about = `${look.subject} ${look.desk}`;
    byOfficer.set(about, [...(byOfficer.get(about) ?? []), look]);
  }
  return [...byOfficer]
    .filter(([, looks]) => looks.length >= count)
    .map(([about, looks]) => toFinding(about, looks, count));
};

function findLooks(manager: EntityManager, since: Date): Promise<Look[]> {
  return manager.query(
    `select a.subject, a.officer, a.desk, a.at, a.entry_id,
            (select n.nudges -> 'roster' from desk_nudges n join outgoing_envelope o using (envelope_id)
              where n.desk = a.desk and o.state = 'ACCEPTED' and coalesce(n.effective_from, n.set_at) <= a.at
              order by o.producer_sequence desc limit 1) as roster
       from access_log a
      where a.action = 'CONSULTED' and a.desk in (select desk from desk_nudges) and a.at >= $1
        and a.at > ${lastFound('AN3', `a.subject || ' ' || a.desk`)}
      order by a.at`,
    [since],
  );
}

function toFinding(about: string, looks: readonly Look[], threshold: number): Finding {
  const [first, last] = [looks[0]!, looks.at(-1)!];
  const { subject, officer, desk } = last;
  const records = looks.map(({ entry_id }) => entry_id);
  return { about, subject, officer, desk, from: first.at, until: last.at, score: looks.length, threshold, records };
}
