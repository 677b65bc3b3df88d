import { z } from 'zod';
import { deskKind, legalBasisCode, participantType, realm, requestKind, routeRole } from '../codes.js';
import {
  agencyUrn,
  deskUrn,
  instant,
  keyId,
  languageTag,
  officerPseudonym,
  participantUrn,
  partyUrn,
  serviceUrn,
  uuid7,
} from '../identifiers.js';

/** IANA name of a time zone that this platform knows. */
const timeZone = z.string().refine((name) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== undefined;
  } catch {
    return false;
  }
}, 'must be an IANA time zone');

const displayName = z.string().trim().min(1).max(200);

/** Public key as a JWK: Ed25519 or P-256 to sign, X25519 or P-256 to encrypt to. No private member may appear. */
export const publicJwk = z.union([
  z.strictObject({
    kty: z.literal('OKP'),
    crv: z.enum(['Ed25519', 'X25519']),
    x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  }),
  z.strictObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
    y: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  }),
]);
export type PublicJwk = z.infer<typeof publicJwk>;

const base = z.object({ id: uuid7, realm, effectiveFrom: instant });

export const participantAdmitted = base.extend({
  kind: z.literal('participant-admitted'),
  participant: z.object({
    id: participantUrn,
    type: participantType,
    name: displayName,
    /** ISO 3166-1 alpha-2; absent for organisations. */
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .optional(),
    routeRoles: z.array(routeRole).max(3),
  }),
});

export const serviceRegistered = base.extend({
  kind: z.literal('service-registered'),
  service: z.object({ id: serviceUrn, name: displayName }),
});

export const keyRegistered = base.extend({
  kind: z.literal('key-registered'),
  key: z.object({ owner: partyUrn, use: z.enum(['sig', 'enc']), jwk: publicJwk, validUntil: instant }),
});

export const keyStatusChanged = base.extend({
  kind: z.literal('key-status-changed'),
  kid: keyId,
  status: z.enum(['RETIRED', 'COMPROMISED']),
});

export const agencyRegistered = base.extend({
  kind: z.literal('agency-registered'),
  agency: z.object({ id: agencyUrn, participant: participantUrn, name: displayName }),
});

export const deskOpened = base.extend({
  kind: z.literal('desk-opened'),
  desk: z.object({
    id: deskUrn,
    agency: agencyUrn,
    participant: participantUrn,
    kind: deskKind,
    name: displayName,
    timeZone,
    languages: z.array(languageTag).min(1).max(20),
  }),
});

export const deskClosed = base.extend({ kind: z.literal('desk-closed'), desk: deskUrn, participant: participantUrn });

export const postingMade = base.extend({
  kind: z.literal('posting-made'),
  posting: z.object({
    id: uuid7,
    officer: officerPseudonym,
    participant: participantUrn,
    agency: agencyUrn,
    host: participantUrn,
    until: instant,
  }),
});

export const agreementRecorded = base.extend({
  kind: z.literal('agreement-recorded'),
  agreement: z.object({
    id: uuid7,
    title: displayName,
    legalBasis: legalBasisCode,
    /** What may be asked, and by whom of whom; nothing else may. */
    grants: z
      .array(z.object({ from: participantUrn, to: participantUrn, kinds: z.array(requestKind).min(1) }))
      .min(1)
      .max(64),
    validUntil: instant,
  }),
});

/** Longest text of a log policy in characters: with its signatures a change must fit into {@link signedDirectoryChange}. */
const MAX_LOG_POLICY_LENGTH = 40_000;

export const logPolicySet = base.extend({
  kind: z.literal('log-policy-set'),
  policy: z.string().min(1).max(MAX_LOG_POLICY_LENGTH).meta({
    description: 'Whose checkpoints are believed and which witnesses must have seen them: c2sp.org/tlog-policy',
  }),
});

/** One change of the directory; signed by whom its kind asks for (lib `trust`). */
export const directoryChange = z.discriminatedUnion('kind', [
  participantAdmitted,
  serviceRegistered,
  keyRegistered,
  keyStatusChanged,
  agencyRegistered,
  deskOpened,
  deskClosed,
  postingMade,
  agreementRecorded,
  logPolicySet,
]);
export type DirectoryChange = z.infer<typeof directoryChange>;

/** A change with its signatures: JWS in general JSON serialization (RFC 7515 section 7.2.1), each over the same payload. */
export const signedDirectoryChange = z.strictObject({
  payload: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .max(65_536),
  signatures: z
    .array(
      z.strictObject({
        protected: z.string().regex(/^[A-Za-z0-9_-]+$/),
        signature: z.string().regex(/^[A-Za-z0-9_-]+$/),
      }),
    )
    .min(1)
    .max(16),
});
export type SignedDirectoryChange = z.infer<typeof signedDirectoryChange>;
