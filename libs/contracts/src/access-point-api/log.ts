import { z } from 'zod';
import { feedWithheld } from '../hub-api/feed-api.js';
import { instant, officerPseudonym, uuid7 } from '../identifiers.js';

/**
 * `FORK`: the log signed two histories. `ROLLBACK`: it has fewer leaves than before. `STALE`: it shows nothing new. `UNVERIFIABLE`: what it publishes does not
 * verify. `WITNESS_BEHIND`: this access point's own witness has cosigned more than its database knows, which was restored from an older backup.
 * `MESSAGE_MISSING`: an own message that the hub accepted is not in it. `SUCCESSION`: another log is published that does not go on where the one before it ended;
 * who takes note of that accepts that it goes on so.
 */
export const logAlarmKind = z.enum([
  'FORK',
  'ROLLBACK',
  'STALE',
  'UNVERIFIABLE',
  'WITNESS_BEHIND',
  'MESSAGE_MISSING',
  'SUCCESSION',
]);
export type LogAlarmKind = z.infer<typeof logAlarmKind>;

/** Whether this access point trusts the log: not while an alarm is open. */
export const logTrust = z.enum(['INTACT', 'DISTRUST']);

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);
const origin = z.string().meta({ description: 'Name of the log; several of them for an alarm that is about all' });

/** Most characters of why an alarm is acknowledged. */
const MAX_REASON = 1000;

export const logAlarmReason = z.object({
  reason: z.string().trim().min(10).max(MAX_REASON).meta({ description: 'What was found out, without personal data' }),
});

export const logAlarm = z.object({
  alarmId: uuid7,
  kind: logAlarmKind,
  origin,
  finding: z.string().meta({ description: 'In a sentence' }),
  raisedAt: instant,
  acknowledged: z.object({ at: instant, by: officerPseudonym, reason: z.string() }).optional(),
});
export type LogAlarm = z.infer<typeof logAlarm>;

export const logView = z.object({
  state: logTrust,
  logs: z.array(
    z.object({
      origin,
      size: z.number().int().nonnegative().meta({ description: 'Leaves of the newest verified head' }),
      root: base64,
      witnessedAt: instant.optional().meta({ description: 'When its witnesses saw it: the middle one of their times' }),
      newsAt: instant.meta({ description: 'When this access point last learned something new' }),
      checkpoint: base64.optional().meta({ description: 'The signed checkpoint with its cosignatures' }),
      continuedBy: origin.optional().meta({ description: 'The log that goes on since this one has ended' }),
    }),
  ),
  withheld: feedWithheld.optional().meta({
    description: 'Why the hub hands out nothing more, as it says itself: what it has of others waits for the log',
  }),
  alarms: z.array(logAlarm).meta({ description: 'Open ones first, then the newest; at most a hundred' }),
});
export type LogView = z.infer<typeof logView>;
