import { z } from 'zod';

/** Lower-case UUID of version 7 (RFC 9562): random, ordered by time, says nothing about its holder. */
export const uuid7 = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'must be a lower-case UUIDv7')
  .meta({ description: 'UUIDv7 (RFC 9562), lower case' });

/** Instant in UTC with milliseconds, RFC 3339: `2026-11-22T03:12:06.123Z`. */
export const instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, 'must be RFC 3339 in UTC with milliseconds')
  .refine((text) => !Number.isNaN(Date.parse(text)) && new Date(text).toISOString() === text, 'must be a real instant')
  .meta({ description: 'RFC 3339, UTC, milliseconds' });

/** SHA-256 in base64url without padding: 43 characters whose last carries only four bits. */
export const sha256 = z
  .string()
  .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'must be a SHA-256 in base64url')
  .meta({ description: 'SHA-256, base64url without padding' });

/** Contiguous number of a producer's envelopes, from 1, as a decimal string (CloudEvents integers end at 2^31). */
export const producerSequence = z
  .string()
  .regex(/^[1-9]\d{0,18}$/, 'must be a decimal number from 1')
  .meta({ description: 'Contiguous number of a producer, from 1' });

const localName = '[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?';

/** `urn:serai:participant:<id>`: a country or organisation admitted to the community. */
export const participantUrn = z
  .string()
  .regex(new RegExp(`^urn:serai:participant:${localName}$`), 'must be a participant URN')
  .meta({ description: 'URN of a participant' });

/** `urn:serai:service:<app>`: a service of the hub. */
export const serviceUrn = z
  .string()
  .regex(new RegExp(`^urn:serai:service:${localName}$`), 'must be a service URN')
  .meta({ description: 'URN of a service of the hub' });

/** A participant or a service: whoever can sign. */
export const partyUrn = z.union([participantUrn, serviceUrn]);

/** `urn:serai:agency:<participant>:<name>`: a legal body of a participant. */
export const agencyUrn = z
  .string()
  .regex(new RegExp(`^urn:serai:agency:${localName}:${localName}$`), 'must be an agency URN')
  .meta({ description: 'URN of an agency' });

/** `urn:serai:desk:<participant>:<name>`: a staffed mailbox of an agency. */
export const deskUrn = z
  .string()
  .regex(new RegExp(`^urn:serai:desk:${localName}:${localName}$`), 'must be a desk URN')
  .meta({ description: 'URN of a desk' });

/** Pseudonym of an officer outside the agency; only the agency resolves it. */
export const officerPseudonym = z
  .string()
  .regex(/^o-[a-z0-9]{8,32}$/, 'must be an officer pseudonym like o-3f9a1c2e')
  .meta({ description: 'Pseudonym of an officer; only the agency resolves it' });

/** RFC 7638 thumbprint of a public key. */
export const keyId = sha256.meta({ description: 'RFC 7638 thumbprint of a public key, base64url without padding' });

/** Number of an item within a request, from 1. */
export const itemId = z
  .string()
  .regex(/^[1-9]\d?$/, 'must be an item number from 1 to 99')
  .meta({ description: 'Number of an item within its request, from 1' });

/** Language tag of BCP 47, two or three letters with an optional script or region. */
export const languageTag = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$/, 'must be a BCP 47 language tag')
  .meta({ description: 'BCP 47 language tag' });

/** Builds the URN of a participant from its short id. */
export const participantUrnOf = (id: string): string => participantUrn.parse(`urn:serai:participant:${id}`);

/** Builds the URN of a hub service from its app name. */
export const serviceUrnOf = (app: string): string => serviceUrn.parse(`urn:serai:service:${app}`);
