/** Largest compact JWS that the gateway takes: 1 MiB, in bytes. */
export const MAX_ENVELOPE_BYTES = 1_048_576;

/** Most envelopes in one batch to the gateway. */
export const MAX_ENVELOPES_PER_BATCH = 100;

/** Largest batch body in bytes: a batch of one envelope of the largest size must fit. */
export const MAX_BATCH_BYTES = 4 * MAX_ENVELOPE_BYTES;

/** Largest attachment in bytes, as its sender has it: 10 MB. */
export const MAX_ATTACHMENT_BYTES = 10_000_000;

/** Largest ciphertext of an attachment in bytes: what {@link MAX_ATTACHMENT_BYTES} become under `encryptAttachment` of `libs/attachments`. */
export const MAX_ATTACHMENT_CIPHERTEXT_BYTES = 10_002_488;

/** Most attachments of one message. */
export const MAX_ATTACHMENTS_PER_MESSAGE = 10;

/** Counting statistics reads the whole log. No answer is waited for longer, in milliseconds: asked again, the hub has it. */
export const MAX_COUNTING_MS = 300_000;
