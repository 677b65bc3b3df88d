import { z } from 'zod';
import { deskUrn, officerPseudonym, officerRole, participantUrn, realm } from '#libs/contracts';
import { isPasswordHash } from './password.js';

const coordinate = z.string().regex(/^[\w-]{43}$/, 'must be 32 bytes in base64url');
const publicKey = z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate });

/** What a token says about its holder, person or system. */
const holder = z.strictObject({
  name: z.string().trim().min(1).max(200),
  participant: participantUrn,
  /** `training` for accounts that train; absent for those that work. */
  realm: realm.optional(),
  pseudonym: officerPseudonym,
  roles: z.array(officerRole).min(1),
  desks: z.array(deskUrn),
});

/** An officer who logs in with a password; `passwordHash` comes from `hashPassword`. */
const officer = holder.extend({
  username: z.string().regex(/^[a-z][a-z0-9.-]{1,63}$/, 'must be a lower-case login name'),
  passwordHash: z.string().refine(isPasswordHash, 'must be a scrypt hash'),
});

/** A national system: a client that proves itself with its key (private_key_jwt, ES256) and acts without a person. */
const system = holder.extend({
  clientId: z.string().regex(/^[a-z][a-z0-9.-]{1,63}$/, 'must be a lower-case client id'),
  publicKey,
});

const distinct = <Entry>(list: readonly Entry[], keyOf: (entry: Entry) => string): boolean =>
  new Set(list.map(keyOf)).size === list.length;

/**
 * The file that SERAI_IDENTITY_PROVIDER_ACCOUNTS names. `signingKey` signs the tokens; it is kept in the file so that tokens outlive a restart.
 */
export const accountsFile = z.strictObject({
  signingKey: publicKey.extend({ d: coordinate }),
  officers: z
    .array(officer)
    .refine((list) => distinct(list, ({ username }) => username), 'has a login name twice')
    .refine((list) => distinct(list, ({ pseudonym }) => pseudonym), 'has a pseudonym twice'),
  systems: z.array(system).refine((list) => distinct(list, ({ clientId }) => clientId), 'has a client id twice'),
});
export type AccountsFile = z.infer<typeof accountsFile>;
export type Holder = z.infer<typeof holder>;
export type Officer = z.infer<typeof officer>;
export type System = z.infer<typeof system>;
