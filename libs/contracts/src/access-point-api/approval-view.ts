import { z } from 'zod';
import { textContent } from '../requests/content.js';
import { approvalSummary } from './approvals.js';
import { refusalBody } from './leg-acts.js';
import { newRequest } from './requests.js';

/** A proposal with what it says while it waits, or why it was rejected. */
export const approvalView = approvalSummary.extend({
  request: newRequest.optional(),
  refusal: refusalBody.optional(),
  reason: textContent.optional(),
});
export type ApprovalView = z.infer<typeof approvalView>;
