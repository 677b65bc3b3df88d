import { z } from 'zod';
import type { HttpRoute } from '../http-route.js';

const text = { 'text/plain': z.string() };

/** What an access point serves to whoever comes, as a witness of the log: c2sp.org/tlog-witness. The submission prefix is `<address>/witness`. */
export const WITNESS_API = {
  addCheckpoint: {
    method: 'POST',
    path: '/witness/add-checkpoint',
    summary: 'Cosigns a checkpoint that continues what this witness has cosigned of the log.',
    notes:
      'https://c2sp.org/tlog-witness. Which logs are known is said by the log policy of the directory. Any media type is taken; nothing but the signature of the log says who calls.',
    security: 'none',
    bodies: {
      'application/octet-stream': z
        .unknown()
        .meta({ description: 'Old size, consistency proof, blank line, checkpoint' }),
    },
    answers: {
      200: { description: 'Cosignature as a signature line; what it covers is durable.', bodies: text },
      400: { description: 'Malformed, or an old size beyond the checkpoint.', bodies: text },
      403: { description: 'No key of the log signed it.', bodies: text },
      404: { description: 'Not a log of the policy, or this access point is no witness of it.', bodies: text },
      409: {
        description:
          'As `text/x.tlog.size`: the size that the request must start from. Else: another root at the same size.',
        bodies: { 'text/x.tlog.size': z.string(), ...text },
      },
      413: { description: 'More than 512 KiB.', bodies: text },
      422: { description: 'The consistency proof does not verify.', bodies: text },
      429: { description: 'Too many requests; `Retry-After` says when to come again.', bodies: text },
      503: { description: 'The witness has no directory or no database now.', bodies: text },
    },
    errors: [],
  },
} as const satisfies Record<string, HttpRoute>;
