import { z } from 'zod';
import { audience } from '../cloud-event.js';
import { instant } from '../identifiers.js';
import { defineMessage } from '../message-contract.js';

/** Subject and record key of every statement about the log: they stay in order. */
export const LOG_SUBJECT = '01890000-0000-7000-8000-000000000004';

/** Most positions in one statement; a hub has some twenty partitions. */
const MAX_POSITIONS = 1_000;

const leaves = z.number().int().nonnegative();

/** Offset in a partition: a decimal string, since they may exceed 2^53. */
const offset = z
  .string()
  .regex(/^(0|[1-9]\d{0,18})$/, 'must be a decimal offset')
  .meta({ description: 'Offset in a partition, decimal' });

/** How far a partition has been sequenced: every record before `next` is in the log. */
const sequencedPosition = z.object({
  topic: z.string().min(1).max(249),
  partition: z.number().int().nonnegative(),
  next: offset,
});
export type SequencedPosition = z.infer<typeof sequencedPosition>;

export const logProgressStated = defineMessage({
  type: 'serai.audit.progress.stated.v1',
  channel: 'audit.progress',
  summary:
    'How far the topics of the hub are in the log, and its newest witnessed checkpoint. The latest statement holds; it comes with each growth, and whole once a second.',
  header: z.object({
    audience,
    /** The log's identity. */
    origin: z.string().min(1).max(255),
    size: leaves.meta({ description: 'Leaves in the log' }),
    /** Whether every partition is named that has been sequenced at all; otherwise only those that moved since the statement before. */
    complete: z.boolean(),
    positions: z.array(sequencedPosition).max(MAX_POSITIONS),
    /** The newest checkpoint that enough witnesses cosigned, and when that was; absent before the first. */
    witnessed: z.object({ size: leaves, at: instant }).optional(),
    statedAt: instant,
  }),
});

export const AUDIT_STATEMENTS = [logProgressStated] as const;
