import { z } from 'zod';
import { purposeCode } from '../codes.js';
import { deskUrn, uuid7 } from '../identifiers.js';
import { problem } from '../problem.js';

/** Opaque position in a list, as a page before handed it out. */
const cursor = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,400}$/, 'must be a cursor that this service handed out')
  .meta({ description: 'The `next` of the page before.' });

/** Query of every list that pages. */
export const pageQuery = z.object({
  cursor: cursor.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** A page of a list; `next` is absent on the last one. */
export const pageOf = <Entry extends z.ZodType>(entry: Entry) =>
  z.object({ entries: z.array(entry), next: cursor.optional() });

/**
 * Headers of every act and every read of content: for which of their desks the officer acts, and why. HTTP header names have no case;
 * these are as Node.js hands them over.
 */
export const officerContextHeaders = z.object({
  'serai-desk': deskUrn.meta({ description: 'Desk that the officer acts for: one of their own.' }),
  'serai-purpose': purposeCode.meta({ description: 'Why the officer acts.' }),
});

/** Header of every act: the same key with the same body has one effect and the same answer. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[A-Za-z0-9_-]{8,128}$/, 'must be 8 to 128 letters, digits, hyphens or underscores')
    .meta({ description: 'Chosen by the caller, new for each act, the same when an act is repeated after a failure.' }),
});

/** Problem details of RFC 9457; `errors` names every wrong field of an `ERR_REQUEST_INVALID`. */
export const apiProblem = problem.extend({
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type ApiProblem = z.infer<typeof apiProblem>;

/** Where an envelope of this access point stands: waiting here, durable at the hub, or decided by its rules. */
export const envelopeState = z.enum(['QUEUED', 'RECEIVED', 'ACCEPTED', 'REFUSED']);
export type EnvelopeState = z.infer<typeof envelopeState>;

/** Answer to an act: it is signed and stored here; follow the envelope to see what the hub says. */
export const sentEnvelope = z.object({ envelopeId: uuid7 });
export type SentEnvelope = z.infer<typeof sentEnvelope>;
