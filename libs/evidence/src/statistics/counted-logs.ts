import { type CloudEvent, type HeaderOf, logOpened, MAX_ENVELOPE_BYTES, type statisticsIssued } from '#libs/contracts';
import { ENVELOPE_TYP, parseCompactJws, parseStrictJson } from '#libs/envelope';
import { SeraiError } from '#libs/errors';

/** A log that statistics were counted from. */
export interface CountedLog {
  /** Where it ends for them: a signed note. */
  readonly checkpoint: string;
  /** What its first leaf says, where another log was before it: an envelope of `serai.audit.log.opened.v1`. */
  readonly opening: string | undefined;
}

/**
 * The logs that statistics say they were counted from, the oldest first: each opening names the end of the log before. Nothing is verified.
 *
 * @throws SeraiError ERR_EVIDENCE_PACK
 */
export function countedLogs({
  checkpoint,
  openings = [],
}: Pick<HeaderOf<typeof statisticsIssued>, 'checkpoint' | 'openings'>): CountedLog[] {
  const ends = [...openings.map(previousEnd), checkpoint];
  return ends.map((end, place) => ({ checkpoint: end, opening: openings[place - 1] }));
}

function previousEnd(opening: string): string {
  const { payload } = parseCompactJws(opening, ENVELOPE_TYP, MAX_ENVELOPE_BYTES);
  const claimed = logOpened.event.safeParse(parseStrictJson(payload, 'ERR_EVIDENCE_PACK'));
  if (!claimed.success)
    throw new SeraiError('ERR_EVIDENCE_PACK', 'An opening of a log is none.', { cause: claimed.error });
  return (claimed.data as CloudEvent<HeaderOf<typeof logOpened>>).data.header.previous.checkpoint;
}
