import { z } from 'zod';
import { deskKind, legalBasisCode, officerRole, participantType, realm, requestKind, routeRole } from '../codes.js';
import { signedDirectoryChange } from '../directory/change.js';
import {
  agencyUrn,
  deskUrn,
  instant,
  languageTag,
  officerPseudonym,
  participantUrn,
  sha256,
  uuid7,
} from '../identifiers.js';
import { pageOf } from './common.js';

/** Who the caller is, as the access token says, with the names of their desks. */
export const officerView = z.object({
  subject: z.string(),
  name: z.string(),
  participant: participantUrn,
  pseudonym: officerPseudonym,
  roles: z.array(officerRole),
  desks: z.array(z.object({ desk: deskUrn, name: z.string(), kind: deskKind })),
  openQuestions: z
    .number()
    .int()
    .positive()
    .optional()
    .meta({ description: 'Questions of auditors that wait for an answer' }),
});
export type OfficerView = z.infer<typeof officerView>;

export const participantView = z.object({
  participant: participantUrn,
  name: z.string(),
  type: participantType,
  country: z.string().optional(),
  routeRoles: z.array(routeRole),
});
export type ParticipantView = z.infer<typeof participantView>;
export const participantList = pageOf(participantView);

export const desksQuery = z.object({ participant: participantUrn.optional() });

export const deskView = z.object({
  desk: deskUrn,
  agency: agencyUrn,
  participant: participantUrn,
  kind: deskKind,
  name: z.string(),
  timeZone: z.string(),
  languages: z.array(languageTag),
});
export type DeskView = z.infer<typeof deskView>;
export const deskList = pageOf(deskView);

/** `to` is one participant or several with commas between; without it every participant is meant. */
export const routesQuery = z.object({
  to: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(participantUrn).min(1).max(64))
    .optional(),
  kind: requestKind.optional(),
});

/** One thing that this participant may ask of another one now, and the agreement that allows it. */
export const routeView = z.object({
  participant: participantUrn,
  kind: requestKind,
  agreement: z.object({ id: uuid7, title: z.string(), legalBasis: legalBasisCode, validUntil: instant }),
});
export type RouteView = z.infer<typeof routeView>;
export const routeList = pageOf(routeView);

/** Every change of the directory that this access point has verified, so that anyone with the root keys can check envelopes offline. */
export const directoryChanges = z.object({
  realm,
  version: z.number().int().nonnegative(),
  head: sha256,
  changes: z.array(signedDirectoryChange),
});
export type DirectoryChanges = z.infer<typeof directoryChanges>;
