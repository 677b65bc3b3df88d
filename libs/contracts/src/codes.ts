import { z } from 'zod';

// Vocabulary of the field; the names are stable, new codes may be added.

export const realm = z.enum(['production', 'training']);
export type Realm = z.infer<typeof realm>;

export const routeRole = z.enum(['ORIGIN', 'TRANSIT', 'DESTINATION']);
export const participantType = z.enum(['MEMBER', 'OBSERVER', 'PARTNER_ORG', 'REPORTER', 'SUSPENDED']);
export const deskKind = z.enum(['NCC', 'FOCAL_POINT', 'LIAISON', 'BORDER_POST', 'INVESTIGATION', 'SECRETARIAT']);

/** Who an officer is when acting for a desk: the columns of the permission matrix. */
export const officerRole = z.enum([
  'LIAISON_OFFICER',
  'NCC_DUTY_OFFICER',
  'NCC_SUPERVISOR',
  'INVESTIGATOR',
  'BORDER_OFFICER',
  'ANALYST',
  'VICTIM_SUPPORT',
  'SECRETARIAT',
  'CHAIR',
  'PARTNER_REPORTER',
  'SECURITY_OFFICER',
  'AUDITOR',
  'HUB_OPERATOR',
]);
export type OfficerRole = z.infer<typeof officerRole>;

export const priority = z.enum(['URGENT_DIRECT', 'URGENT_INDIRECT', 'ROUTINE', 'NO_DEADLINE']);
export type Priority = z.infer<typeof priority>;

export const urgencyGround = z.enum([
  'PUBLIC_SECURITY_THREAT',
  'LIFE_OR_LIMB',
  'DEPRIVATION_OF_LIBERTY_DECISION',
  'LOSS_OF_RELEVANCE',
  'MISSING_OR_AT_RISK_CHILD',
]);

export const requestKind = z.enum([
  'IDENTITY',
  'NATIONALITY_DOCUMENT_CHECK',
  'WHEREABOUTS',
  'CRIMINAL_RECORD_POLICE_USE',
  'VEHICLE_VESSEL',
  'TELECOM_SUBSCRIBER',
  'FINANCIAL_POINTER',
  'ONLINE_ACCOUNT',
  'TRAVEL_MOVEMENT',
  'MODUS_OPERANDI',
  'PRESERVATION',
  'HIT_CONFIRMATION',
  'SUPPLEMENTARY',
  'JOINT_ACTION',
  'VICTIM_ORIGIN_SUPPORT',
  'GENERAL',
]);
export type RequestKind = z.infer<typeof requestKind>;

/** Why information is processed; the purposes of LED Art. 1(1). */
export const purposeCode = z.enum([
  'PREVENTION',
  'INVESTIGATION',
  'DETECTION',
  'PROSECUTION',
  'EXECUTION_OF_PENALTIES',
  'PUBLIC_SECURITY',
  'PROTECTION_OF_PERSONS',
]);
export type PurposeCode = z.infer<typeof purposeCode>;

export const legalBasisCode = z.enum(['TREATY', 'MEMORANDUM', 'NATIONAL_LAW', 'VITAL_INTEREST']);
export const channelNature = z.enum(['INFORMAL_POLICE', 'FORMAL_TO_FOLLOW', 'FORMAL']);

export const requestLegStatus = z.enum([
  'DRAFT',
  'SUBMITTED',
  'HELD_FOR_RELEASE',
  'DELIVERED',
  'ACKNOWLEDGED',
  'ASSIGNED',
  'CLARIFICATION_SOUGHT',
  'AWAITING_AUTHORISATION',
  'PARTIALLY_ANSWERED',
  'ANSWERED',
  'PARTIALLY_REFUSED',
  'REFUSED',
  'DECLINED_UNSPECIFIED',
  'WITHDRAWN',
  'CLOSED',
]);
export type RequestLegStatus = z.infer<typeof requestLegStatus>;

/** How a leg ended, in the sender's words. `NOT_STATED` is set by the hub when nobody closed the leg in time. */
export const outcomeCode = z.enum([
  'IDENTIFIED',
  'NOT_IDENTIFIED',
  'ARREST_NATIONAL',
  'VICTIM_FOUND',
  'CASE_OPENED',
  'CASE_LINKED',
  'DOCUMENT_SEIZED',
  'OBJECT_SEIZED',
  'NO_USE',
  'TOO_LATE',
]);

export const refusalGround = z.enum([
  'NOT_AVAILABLE',
  'REQUEST_NOT_COMPLIANT',
  'AUTHORISATION_REFUSED',
  'DATA_CATEGORY_EXCLUDED',
  'DATA_INACCURATE',
  'NATIONAL_SECURITY',
  'ONGOING_INVESTIGATION',
  'PERSON_SAFETY',
  'LEGAL_PERSON_HARM',
  'MINOR_OFFENCE_MAX_1Y',
  'NOT_AN_OFFENCE_HERE',
  'THIRD_PARTY_NO_CONSENT',
  'INTERNATIONAL_PROTECTION',
  'HUMAN_RIGHTS_RISK',
  'NO_LEGAL_BASIS',
  'DISPROPORTIONATE',
  'OUTSIDE_MANDATE',
]);
export type RefusalGround = z.infer<typeof refusalGround>;

/** What crosses the border as a ground: the ground itself, or that it is confidential. The true ground then stays in the country. */
export const disclosedRefusalGround = z.enum([...refusalGround.options, 'CONFIDENTIAL']);

export const handlingCode = z.enum(['H0', 'H1', 'H2', 'H3']);
export const caveatCode = z.enum([
  'POLICE_USE_ONLY',
  'NOT_FOR_COURT',
  'NO_ONWARD',
  'RELEASE_TO',
  'NOT_TO',
  'NO_AUTOMATED_PROCESSING',
  'RETAIN_UNTIL',
  'SANITISED',
  'CHILD',
  'NO_DEATH_PENALTY_USE',
]);

export const sourceGrade = z.enum(['A', 'B', 'C', 'X']);
export const informationGrade = z.enum(['1', '2', '3', '4']);
export const statementBasis = z.enum(['FACT', 'ASSESSMENT']);

export const subjectCategory = z.enum([
  'SUSPECT',
  'CONVICTED',
  'VICTIM',
  'POTENTIAL_VICTIM',
  'WITNESS',
  'INFORMANT',
  'CONTACT_ASSOCIATE',
  'MISSING',
  'UNKNOWN',
]);

/**
 * What is known of a person's claim to international protection. It never leaves the country: to tell the country that a person fled from would be the harm
 * itself.
 */
export const protectionStatus = z.enum(['NOT_SOUGHT', 'UNKNOWN', 'SOUGHT_OR_GRANTED']);
export type ProtectionStatus = z.infer<typeof protectionStatus>;
