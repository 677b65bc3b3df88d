import { z } from 'zod';
import { HASH_BYTES } from '#libs/transparency-log';
import { SIGNING_REFUSALS } from './log-signer.js';

/** Most hashes of a consistency proof. */
const MAX_PROOF_HASHES = 63;

/** Longest request in bytes. */
export const MAX_SIGNING_REQUEST_BYTES = 8_192;

const hash = z
  .base64()
  .length(44)
  .transform((text) => Buffer.from(text, 'base64'))
  .refine(({ length }) => length === HASH_BYTES);
const size = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Body of `POST /sign`: what the signer is asked over its socket. */
export const signingRequest = z.strictObject({
  origin: z.string().min(1).max(1_000),
  oldSize: size,
  proof: z.array(hash).max(MAX_PROOF_HASHES),
  size,
  root: hash,
});

/** Answer to `POST /sign` when it does not sign. */
export const signingRefused = z.strictObject({ refusal: z.enum(SIGNING_REFUSALS), size });

/** Answer to `GET /state`: the note that was signed last, and how often which refusal was given since the start. */
export const signerState = z.strictObject({
  checkpoint: z.string().max(65_536),
  refusals: z.partialRecord(z.enum(SIGNING_REFUSALS), z.number().int().min(0)),
});
export type SignerState = z.infer<typeof signerState>;
