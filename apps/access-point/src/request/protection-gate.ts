import { type DescribedRequest, isCodeOf, type ProtectionStatus } from '#libs/contracts';

/** What the gate says to one recipient: it may be asked, it may be asked once a second person agrees, it must not be asked. */
export type GateVerdict = 'OPEN' | 'HELD' | 'CLOSED';

type Described = DescribedRequest['subjects'][number];

/** Refugees by the document that they show. */
const REFUGEES: readonly string[] = ['XXB', 'XXC'];

/**
 * Whether a country may be asked about these persons: a request about a refugee to the country that was fled from can kill. Deny by default: a claim to protection of
 * which nothing is said is unknown, and somebody of whom no nationality is said may be a national of any country.
 *
 * @param country of the recipient, ISO 3166-1 alpha-2; none for organisations, which nobody is a national of
 */
export function protectionGate(subjects: readonly Described[], country: string | undefined): GateVerdict {
  if (country === undefined) return 'OPEN';
  const verdicts = subjects.map((subject) => verdictOn(subject, country));
  return verdicts.find((verdict) => verdict === 'CLOSED') ?? verdicts.find((verdict) => verdict === 'HELD') ?? 'OPEN';
}

function verdictOn(subject: Described, country: string): GateVerdict {
  const status = statusOf(subject);
  const belonging = belongs(subject, country);
  if (status === 'NOT_SOUGHT' || belonging === false) return 'OPEN';
  return status === 'SOUGHT_OR_GRANTED' && belonging ? 'CLOSED' : 'HELD';
}

function statusOf({ protection = 'UNKNOWN', nationalities }: Described): ProtectionStatus {
  return nationalities.some((code) => REFUGEES.includes(code)) ? 'SOUGHT_OR_GRANTED' : protection;
}

/** Undefined when nothing says which country a person belongs to. */
function belongs({ nationalities, documents }: Described, country: string): boolean | undefined {
  const issuers = documents.flatMap(({ issuer }) => (issuer === undefined ? [] : [issuer]));
  if ([...nationalities, ...issuers].some((code) => isCodeOf(code, country))) return true;
  return nationalities.some((code) => isCodeOf(code, country) === false) ? false : undefined;
}

/** The persons as they are described abroad. */
export function withoutProtection<Content extends DescribedRequest>(content: Content): Content {
  return { ...content, subjects: content.subjects.map(({ protection: _, ...subject }) => subject) };
}
