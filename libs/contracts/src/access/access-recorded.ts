import { z } from 'zod';
import { sha256 } from '../identifiers.js';
import { defineMessage } from '../message-contract.js';

/** Subject of every record of accesses. */
export const ACCESS_SUBJECT = '01890000-0000-7000-8000-000000000004';

/** Entries of the access log that one record commits to. */
export const MAX_RECORDED_ACCESSES = 1_000;

export const accessRecorded = defineMessage({
  type: 'serai.access.entries.recorded.v1',
  channel: 'access.records',
  summary:
    'A participant commits to entries of its access log before it shows what they are about. Only it can say who looked at what, and it can say nothing else.',
  header: z.object({
    count: z.number().int().min(1).max(MAX_RECORDED_ACCESSES),
    /** Root of an RFC 6962 tree over one salted commitment for each entry, in the order of entries. */
    root: sha256,
  }),
});
