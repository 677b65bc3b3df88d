import { z } from 'zod';
import { realm } from './codes.js';
import { instant, participantUrn, partyUrn, producerSequence, sha256, uuid7 } from './identifiers.js';

/**
 * General JSON serialization of a JWE (RFC 7516 section 7.2.1). Members are checked for shape here and for meaning when the content is decrypted;
 * the protected header names `enc`, each recipient `alg`, `kid` and its ephemeral key.
 */
export const encryptedContent = z
  .strictObject({
    protected: z.string().min(1),
    aad: z.string().min(1),
    iv: z.string().min(1),
    ciphertext: z.string(),
    tag: z.string().min(1),
    recipients: z
      .array(
        z.strictObject({
          header: z.looseObject({ alg: z.string(), kid: z.string() }),
          encrypted_key: z.string().min(1),
        }),
      )
      .min(1)
      .max(64),
  })
  .meta({ id: 'EncryptedContent', description: 'JWE, general JSON serialization (RFC 7516 section 7.2.1)' });
export type EncryptedContent = z.infer<typeof encryptedContent>;

/** Who may see an event of the hub: everybody, or these participants. */
export const audience = z.union([z.literal('*'), z.array(participantUrn).min(1).max(64)]);
export type Audience = z.infer<typeof audience>;

/** CloudEvents 1.0 attributes of every envelope, with our extensions `realm`, `producerseq`, `producerprev`. */
export const cloudEventAttributes = z.object({
  specversion: z.literal('1.0'),
  id: uuid7,
  source: partyUrn,
  type: z.string(),
  subject: uuid7,
  time: instant,
  datacontenttype: z.literal('application/json'),
  realm,
});

/**
 * Position in the producer's own chain. Everything that travels on a topic carries it; point-to-point answers do not.
 * `producerprev` is the SHA-256 of the producer's previous envelope, absent on the first.
 */
export const producerChain = z.object({ producerseq: producerSequence, producerprev: sha256.optional() });

/** The payload of a signed envelope, with its data still untyped; {@link MessageContract} types it. */
export interface CloudEvent<Header = Record<string, unknown>> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly realm: z.infer<typeof realm>;
  readonly producerseq?: string;
  readonly producerprev?: string;
  readonly data: EventData<Header>;
}

/** `header` is clear and minimal, `content` is encrypted to the recipients, `cause` is the SHA-256 of the causing envelope. */
export interface EventData<Header = Record<string, unknown>> {
  readonly header: Header;
  readonly content?: EncryptedContent;
  readonly cause?: string;
}
