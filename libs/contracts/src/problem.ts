import { z } from 'zod';
import { ERROR_TABLE, type ErrorCode } from '#libs/errors';

/** Problem details of RFC 9457 with our stable `code`. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int().min(400).max(599),
  code: z.enum(Object.keys(ERROR_TABLE) as [ErrorCode, ...ErrorCode[]]),
  detail: z.string(),
});
