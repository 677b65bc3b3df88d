import { z } from 'zod';

/** Wall time of a day, `22:00`. */
const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day like 22:00')
  .meta({ description: 'Wall time in the time zone of the desk' });

/** Name of a contact within its desk; not an address, so it may be shown and logged. */
const contactName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, 'must be a name like duty-phone');

/** One mailbox: no list, no display name, no line break; narrow on purpose, it goes into a mail header. */
const mailAddress = z
  .string()
  .max(254)
  .regex(
    /^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/,
    'must be one e-mail address',
  );

/** Where a system of the desk takes signed calls after Standard Webhooks. The hub may ask for more: for https, and for a public address. */
const webhookUrl = z
  .string()
  .max(2000)
  .regex(/^https?:\/\/[^\s#@\\]+$/, 'must be an https address without a user, a password and a fragment')
  .refine((value) => URL.canParse(value), 'must be an https address');

/** Where a desk is nudged: an address of the desk, not of a person. */
export const nudgeContact = z
  .object({
    name: contactName,
    email: mailAddress.optional(),
    webhook: webhookUrl.optional(),
    /** `URGENT`: only what waits of urgent legs. `ESCALATIONS`: nothing but the steps of ladders that the roster names it for. */
    receives: z.enum(['EVERYTHING', 'URGENT', 'ESCALATIONS']),
  })
  .refine(({ email, webhook }) => email !== undefined || webhook !== undefined, {
    message: 'must have an address',
    path: ['email'],
  });
export type NudgeContact = z.infer<typeof nudgeContact>;

/** Who is to open an urgent leg, one after the other. */
export const escalationRung = z.enum(['DUTY', 'DEPUTY', 'SUPERVISOR']);
export type EscalationRung = z.infer<typeof escalationRung>;

/** When a contact is on duty for a rung, in wall time of the desk's zone. */
export const dutyShift = z.object({
  rung: escalationRung,
  /** Name of a contact of the desk. */
  contact: contactName,
  /** ISO weekdays, 1 is Monday, on which the shift begins; every day where there are none. */
  days: z.array(z.number().int().min(1).max(7)).min(1).max(7).optional(),
  from: timeOfDay,
  /** Not after `from`: of the next day. The same time: a whole day. */
  to: timeOfDay,
});

const RUNGS = [...escalationRung.options, 'SENDER'] as const;

/** Steps while nobody opens an urgent leg, in minutes after its delivery. The last one tells the sender. */
export const ladder = z
  .array(z.object({ rung: z.enum(RUNGS), afterMinutes: z.number().int().min(1).max(10_080) }))
  .min(1)
  .max(4)
  .refine((steps) => steps.at(-1)?.rung === 'SENDER', 'must end by telling the sender')
  .refine(
    (steps) =>
      steps.every(({ rung, afterMinutes }, index) => {
        const before = steps[index - 1];
        return !before || (RUNGS.indexOf(before.rung) < RUNGS.indexOf(rung) && before.afterMinutes < afterMinutes);
      }),
    'must go up, each step later than the one before',
  );
export type Ladder = z.infer<typeof ladder>;

/** How a desk wants to be nudged when something waits for it. The latest that has taken effect replaces the ones before. */
export const deskNudges = z.object({
  contacts: z
    .array(nudgeContact)
    .max(10)
    .refine(
      (contacts) => new Set(contacts.map(({ name }) => name)).size === contacts.length,
      'must have different names',
    ),
  /** Nothing but urgent items is sent between these; `from` later than `to` goes over midnight. */
  quietHours: z
    .object({ from: timeOfDay, to: timeOfDay })
    .refine(({ from, to }) => from !== to, { message: 'must differ from the beginning', path: ['to'] })
    .optional(),
  /** What is not urgent is collected for so long and sent as one digest. */
  digestMinutes: z.number().int().min(0).max(1440),
  /** Who is on duty when. */
  roster: z.array(dutyShift).max(50).optional(),
  /** Absent: the one of the community. */
  ladder: ladder.optional(),
});
export type DeskNudges = z.infer<typeof deskNudges>;
