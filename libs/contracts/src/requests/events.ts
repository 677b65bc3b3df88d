import { z } from 'zod';
import { audience } from '../cloud-event.js';
import { outcomeCode, priority, requestKind, requestLegStatus } from '../codes.js';
import { deskUrn, instant, participantUrn, sha256, uuid7 } from '../identifiers.js';
import { defineMessage } from '../message-contract.js';
import { problem } from '../problem.js';

const channel = 'requests.events' as const;

/** Legal clock of a leg. All figures in milliseconds; `allowed` is absent for NO_DEADLINE. */
export const legClock = z.object({
  state: z.enum(['NOT_STARTED', 'RUNNING', 'PAUSED', 'STOPPED', 'NONE']),
  /** Identity of the deadline profile that was in force at delivery; a later change never touches a running clock. */
  profile: uuid7.optional(),
  startedAt: instant.optional(),
  pausedSince: instant.optional(),
  pausedMs: z.number().int().nonnegative(),
  /** When the time is up, given the pauses so far; moves on while paused. */
  dueAt: instant.optional(),
  stoppedAt: instant.optional(),
});

/** State of a leg after an event, as both parties see it. */
export const legState = z.object({
  legId: uuid7,
  requestId: uuid7,
  /** Counts what has changed this leg, from 1: accepted moves, and the marks of the hub (overrun, lapse). */
  version: z.number().int().positive(),
  status: requestLegStatus,
  kind: requestKind,
  priority,
  requester: z.object({ participant: participantUrn, desk: deskUrn }),
  addressee: z.object({ participant: participantUrn, desk: deskUrn }),
  submittedAt: instant,
  deliveredAt: instant.optional(),
  readAt: instant.optional(),
  endedAt: instant.optional(),
  clock: legClock,
  overdue: z.boolean(),
  /** An overrun that happened while authorisation was awaited is excused in statistics. */
  excused: z.boolean(),
  pendingClarification: uuid7.optional(),
  reconsidered: z.boolean(),
  outcome: z.enum([...outcomeCode.options, 'NOT_STATED']).optional(),
});
export type LegState = z.infer<typeof legState>;
export type LegClock = z.infer<typeof legClock>;

const namedEnvelope = z.object({ id: uuid7, type: z.string(), source: participantUrn, sha256 });

export const envelopeAccepted = defineMessage({
  type: 'serai.requests.envelope.accepted.v1',
  channel,
  summary: 'The rules accepted a submission; says what the leg is now.',
  header: z.object({ audience, envelope: namedEnvelope, acceptedAt: instant, leg: legState }),
});

export const envelopeRefused = defineMessage({
  type: 'serai.requests.envelope.refused.v1',
  channel,
  summary: 'The rules refused a submission; goes to its sender alone.',
  header: z.object({ audience, envelope: namedEnvelope, refusedAt: instant, problem }),
});

export const deadlineWarned = defineMessage({
  type: 'serai.requests.leg.deadline-warned.v1',
  channel,
  summary: 'A share of the allowed time is used up.',
  header: z.object({ audience, leg: legState, percent: z.union([z.literal(50), z.literal(80), z.literal(100)]) }),
});

export const deadlineOverrun = defineMessage({
  type: 'serai.requests.leg.deadline-overrun.v1',
  channel,
  summary: 'The allowed time is over and the leg is not answered: marked overdue, or excused.',
  header: z.object({ audience, leg: legState }),
});

export const legLapsed = defineMessage({
  type: 'serai.requests.leg.lapsed.v1',
  channel,
  summary: 'The sender did not close an ended leg within 30 days; the hub closed it with outcome NOT_STATED.',
  header: z.object({ audience, leg: legState }),
});

/** Every event of the requests service. */
export const REQUEST_EVENTS = [envelopeAccepted, envelopeRefused, deadlineWarned, deadlineOverrun, legLapsed] as const;
