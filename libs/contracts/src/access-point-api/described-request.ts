import { z } from 'zod';
import { protectionStatus } from '../codes.js';
import { requestContent, subject } from '../requests/content.js';

/** A person as the officer describes them; absent `protection` counts as UNKNOWN. Only the rest of it is sent. */
export const describedSubject = subject.extend({ protection: protectionStatus.optional() });

/** What a request tells the recipient, with what the own country alone knows. */
export const describedRequest = requestContent.extend({ subjects: z.array(describedSubject).max(50) });
export type DescribedRequest = z.infer<typeof describedRequest>;
