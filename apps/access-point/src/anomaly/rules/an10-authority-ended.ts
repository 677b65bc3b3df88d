import { before, type Find, type Finding, lastFound, type Scene } from '../anomaly-rule.js';
import type { AnomalySettings } from '../anomaly-settings.js';

/** Looks of officers whose posting is over, and messages of this participant that were refused because their key was no longer in force. */
export const findAuthorityEnded: Find<AnomalySettings['AN10']> = async (manager, { count, days }, scene) => {
  const since = before(scene.now, { days });
  const looks: Finding[] = await manager.query(
    `select a.subject as about, a.subject, a.officer, min(a.at) as "from", max(a.at) as until, count(*)::float8 as score,
            $2::float8 as threshold, array_agg(a.entry_id) as records
       from access_log a
            join unnest($3::text[], $4::timestamptz[]) as over (officer, until) on over.officer = a.officer and a.at >= over.until
      where a.action <> 'DENIED' and a.at >= $1 and a.at > ${lastFound('AN10', 'a.subject')}
      group by a.subject, a.officer having count(*) >= $2`,
    [since, count, ...overPostings(scene)],
  );
  const messages: Finding[] = await manager.query(
    `select $3 as about, $3 as participant, min(queued_at) as "from", max(queued_at) as until, count(*)::float8 as score,
            $2::float8 as threshold, array_agg(envelope_id) as records
       from outgoing_envelope
      where state = 'REFUSED' and problem ->> 'code' = 'ERR_TRUST_KEY_INACTIVE' and queued_at >= $1
        and queued_at > ${lastFound('AN10', '$3')}
     having count(*) >= $2`,
    [since, count, scene.participant],
  );
  return [...looks, ...messages];
};

/** Officers of this participant whose last posting is over, and since when. */
function overPostings({ directory, participant, now }: Scene): [string[], string[]] {
  const isOwn = (posting: { readonly participant: string }) => posting.participant === participant;
  const posted = new Set(
    directory
      .postings(now)
      .filter(isOwn)
      .map(({ officer }) => officer),
  );
  const over = new Map<string, string>();
  for (const { officer, until } of directory.endedPostings(now).filter(isOwn)) {
    if (!posted.has(officer) && until > (over.get(officer) ?? '')) over.set(officer, until);
  }
  return [[...over.keys()], [...over.values()]];
}
