/** Largest compact JWS that the gateway takes: 1 MiB, in bytes. */
export const MAX_ENVELOPE_BYTES = 1_048_576;

/** Most envelopes in one batch to the gateway. */
export const MAX_ENVELOPES_PER_BATCH = 100;

/** Largest batch body in bytes: a batch of one envelope of the largest size must fit. */
export const MAX_BATCH_BYTES = 4 * MAX_ENVELOPE_BYTES;
