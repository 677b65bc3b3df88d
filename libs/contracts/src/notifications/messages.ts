import { z } from 'zod';
import { audience } from '../cloud-event.js';
import { deskUrn, instant, officerPseudonym, participantUrn, sha256, uuid7 } from '../identifiers.js';
import { defineMessage } from '../message-contract.js';
import { problem } from '../problem.js';
import { deskNudges, escalationRung } from './desk-nudges.js';
import { feedDisputeAnswered, feedDisputed } from './feed-disputes.js';

/** Subject of every submission about nudges: what one participant sets stays in the order in which it was signed. */
export const NUDGES_SUBJECT = '01890000-0000-7000-8000-000000000002';

const namedEnvelope = z.object({ id: uuid7, type: z.string(), source: participantUrn, sha256 });

export const nudgesSet = defineMessage({
  type: 'serai.notifications.nudges.set.v1',
  channel: 'notifications.submissions',
  summary: 'A participant says where and when one of its desks is nudged. The addresses are for the hub alone.',
  header: z.object({
    desk: deskUrn,
    officer: officerPseudonym,
    /** Absent or past: from the moment at which the hub accepts it. */
    effectiveFrom: instant.optional(),
    nudges: deskNudges,
  }),
});

export const nudgesAccepted = defineMessage({
  type: 'serai.notifications.nudges.accepted.v1',
  channel: 'notifications.events',
  summary: 'The hub will nudge the desk so, from that time on. Names no address.',
  header: z.object({ audience, envelope: namedEnvelope, acceptedAt: instant, desk: deskUrn, effectiveFrom: instant }),
});

export const nudgesRefused = defineMessage({
  type: 'serai.notifications.nudges.refused.v1',
  channel: 'notifications.events',
  summary: 'The hub does not take these settings; goes to their sender alone.',
  header: z.object({ audience, envelope: namedEnvelope, refusedAt: instant, problem }),
});

export const contactDisabled = defineMessage({
  type: 'serai.notifications.contact.disabled.v1',
  channel: 'notifications.events',
  summary: 'A contact of a desk failed too often and is nudged no more until its settings are sent again.',
  header: z.object({
    audience,
    desk: deskUrn,
    /** Name of the contact in the settings, never its address. */
    contact: z.string().max(32),
    disabledAt: instant,
    /** One sentence: what failed and what to do. */
    reason: z.string().max(300),
  }),
});

const escalation = { audience, legId: uuid7, requestId: uuid7, step: z.number().int().positive(), at: instant };

export const legEscalated = defineMessage({
  type: 'serai.notifications.leg.escalated.v1',
  channel: 'notifications.events',
  summary:
    'Nobody has opened an urgent leg: the next rung was nudged, if anybody was on duty. Goes to the recipient alone.',
  header: z.object({ ...escalation, desk: deskUrn, rung: escalationRung, onDuty: z.boolean() }),
});

export const legUnopened = defineMessage({
  type: 'serai.notifications.leg.unopened.v1',
  channel: 'notifications.events',
  summary:
    'The last step: the sender learns that nobody has opened its urgent leg, and the recipient that it was told.',
  header: z.object({ ...escalation, deliveredAt: instant }),
});

export const NOTIFICATION_MESSAGES = [
  nudgesSet,
  nudgesAccepted,
  nudgesRefused,
  contactDisabled,
  legEscalated,
  legUnopened,
  feedDisputed,
  feedDisputeAnswered,
] as const;
