import { z } from 'zod';
import { MAX_ENVELOPE_BYTES } from '../limits.js';

/** Compact JWS as text. */
export const compactJws = z
  .string()
  .max(MAX_ENVELOPE_BYTES)
  .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, 'must be a compact JWS')
  .meta({ description: 'Compact JWS (RFC 7515 section 7.1)' });
