import { z } from 'zod';
import { deskUrn, officerPseudonym, officerRole, type PurposeCode, participantUrn, realm } from '#libs/contracts';

/** The person, or the national system, that calls. Only this access point knows who is behind a pseudonym. */
export interface Officer {
  readonly subject: string;
  readonly name: string;
  readonly pseudonym: string;
  readonly roles: readonly z.infer<typeof officerRole>[];
  readonly desks: readonly string[];
  /** When the token ends. */
  readonly until: Date;
}

/** For which desk and why an officer acts. */
export interface Acting {
  readonly desk: string;
  readonly purpose: PurposeCode;
}

/** Claims of an access token beyond those of RFC 9068. A national system without a name goes by its client id. */
export const officerClaims = z.object({
  sub: z.string().min(1).max(255),
  exp: z.number(),
  name: z.string().trim().min(1).max(200).optional(),
  serai_participant: participantUrn,
  /** Who may train is told so by the provider; everybody else works. */
  serai_realm: realm.default('production'),
  serai_pseudonym: officerPseudonym,
  serai_roles: z.array(officerRole).min(1).max(officerRole.options.length),
  serai_desks: z.array(deskUrn).max(64),
});

/** The officer that claims describe. */
export function officerOf(claims: z.infer<typeof officerClaims>): Officer {
  return {
    subject: claims.sub,
    name: claims.name ?? claims.sub,
    pseudonym: claims.serai_pseudonym,
    roles: [...new Set(claims.serai_roles)],
    desks: [...new Set(claims.serai_desks)],
    until: new Date(claims.exp * 1000),
  };
}
