import { z } from 'zod';
import { caveatCode, handlingCode, informationGrade, sourceGrade, statementBasis, subjectCategory } from '../codes.js';
import { instant, itemId, languageTag, participantUrn } from '../identifiers.js';
import { attachmentSecrets } from './attachments.js';
import { identifierText, prose } from './texts.js';

/** Three letters of ICAO 9303 part 3 section 5, among them XXA, XXB, XXC, XXX and the one-letter `D`. */
export const icaoCountry = z.string().regex(/^([A-Z]{3}|D)$/, 'must be an ICAO 9303 country code');

/** A name in one script. Any part may be missing: mononyms and empty surnames are real. */
export const personName = z
  .object({
    kind: z.enum(['PRIMARY', 'ALIAS', 'BIRTH', 'PREVIOUS']),
    script: z.string().regex(/^[A-Z][a-z]{3}$/, 'must be an ISO 15924 script code'),
    family: identifierText(120).optional(),
    given: identifierText(120).optional(),
    full: identifierText(250).optional(),
  })
  .refine((name) => name.family ?? name.given ?? name.full, 'needs a family, given or full name');

/** Claimed birth date as precise as it is known; `approximate` says that even that is a guess. */
export const birthDate = z.object({
  date: z.string().regex(/^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/, 'must be YYYY, YYYY-MM or YYYY-MM-DD'),
  approximate: z.boolean(),
});

/** A travel or identity document as presented. */
export const subjectDocument = z.object({
  type: z.enum(['PASSPORT', 'IDENTITY_CARD', 'RESIDENCE_PERMIT', 'VISA', 'LAISSEZ_PASSER', 'DRIVING_LICENCE', 'OTHER']),
  number: identifierText(40),
  issuer: icaoCountry.optional(),
});

/** A person that the exchange is about, with the category that LED Art. 6 asks for. */
export const subject = z.object({
  category: subjectCategory,
  names: z.array(personName).max(20),
  birth: birthDate.optional(),
  birthPlace: identifierText(120).optional(),
  nationalities: z.array(icaoCountry).max(8),
  documents: z.array(subjectDocument).max(20),
  identifiers: z
    .array(
      z.object({
        kind: z.enum(['PHONE', 'EMAIL', 'ACCOUNT', 'VEHICLE', 'VESSEL', 'OTHER']),
        value: identifierText(200),
      }),
    )
    .max(50),
});

/** Grades of Europol's 4x4 scheme; what another scheme said is kept beside it. */
export const grade = z.object({
  source: sourceGrade,
  information: informationGrade,
  nativeScheme: identifierText(40).optional(),
  nativeCode: identifierText(20).optional(),
});

/** A binding condition of the owner; RELEASE_TO and NOT_TO list participants, RETAIN_UNTIL names an instant. */
export const caveat = z
  .object({
    code: caveatCode,
    participants: z.array(participantUrn).min(1).max(64).optional(),
    until: instant.optional(),
  })
  .refine((c) => (c.code === 'RELEASE_TO' || c.code === 'NOT_TO') === (c.participants !== undefined), {
    error: 'participants go with RELEASE_TO and NOT_TO, and only with them',
  })
  .refine((c) => (c.code === 'RETAIN_UNTIL') === (c.until !== undefined), {
    error: 'until goes with RETAIN_UNTIL, and only with it',
  });

/** A statement in a question: what is held, marked as FACT or ASSESSMENT (LED Art. 7). */
export const statement = z.object({
  basis: statementBasis,
  text: prose(8000),
  grade: grade.optional(),
  handling: handlingCode.optional(),
  caveats: z.array(caveat).max(20).optional(),
});

/** A statement in an answer: never without grade and handling code. */
export const gradedStatement = statement.extend({ grade, handling: handlingCode });

/** One question of a request. */
export const requestItem = z.object({ itemId, question: prose(2000) });

/** What the sender of a request tells the recipient. */
export const requestContent = z.object({
  language: languageTag,
  title: identifierText(200),
  offence: prose(1000).optional(),
  facts: z.array(statement).min(1).max(50),
  subjects: z.array(subject).max(50),
  items: z.array(requestItem).min(1).max(50),
  purposeLink: prose(2000),
  reasonToBelieve: prose(2000),
  urgencyReason: prose(2000).optional(),
});

/** Answer to one item. `NO_RECORD` is an answer; statements belong to `FOUND`. */
export const itemAnswer = z
  .object({
    itemId,
    result: z.enum(['FOUND', 'NO_RECORD']),
    statements: z.array(gradedStatement).max(50),
    subjects: z.array(subject).max(50).optional(),
  })
  .refine((answer) => (answer.result === 'FOUND') === answer.statements.length > 0, {
    error: 'FOUND needs at least one graded statement, NO_RECORD has none',
  });

/** Content of a partial or final answer. */
export const answerContent = z.object({ language: languageTag, items: z.array(itemAnswer).min(1).max(50) });

const attachments = { attachments: attachmentSecrets.optional() };

/** {@link requestContent} as it is encrypted: with the keys of its attachments. */
export const requestSecrets = requestContent.extend(attachments);

/** {@link answerContent} as it is encrypted: with the keys of its attachments. */
export const answerSecrets = answerContent.extend(attachments);

/** Content of messages that carry one text: a question back, a reason, a comment. */
export const textContent = z.object({ language: languageTag, text: prose(8000) });
