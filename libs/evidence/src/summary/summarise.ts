import type { FactParty, FactStatement, PackFacts } from '../verify/facts.js';
import { SUMMARY_WORDS, type SummaryWords } from './words.js';

/** A language that summaries are written in. */
export type Language = keyof typeof SUMMARY_WORDS;

/** Every language that summaries are written in. */
export const LANGUAGES: readonly Language[] = ['ar', 'bg', 'en', 'sr', 'tr'];

export function isLanguage(code: string): code is Language {
  return Object.hasOwn(SUMMARY_WORDS, code);
}

// First strong isolate, pop directional isolate: a value keeps its own direction within a line of another one (UAX #9).
const ISOLATE = '\u2068';
const POP = '\u2069';
const NOT_PRINTED = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

/**
 * What a pack proves, in words for people: plain text, one fact a line, codes of the vocabulary as they are, times in UTC. It says what {@link PackFacts}
 * say and nothing else, so the same facts give the same text.
 *
 * @param facts of a pack of which every check holds
 */
export function summarise(facts: PackFacts, language: Language): string {
  const words = SUMMARY_WORDS[language];
  return `${[...headLines(facts, words), '', ...exchangeLines(facts, words), '', ...proofLines(facts, words), '', words.provesNothing].join('\n')}\n`;
}

function headLines(facts: PackFacts, words: SummaryWords): string[] {
  const training = facts.realm === 'training' ? [words.training] : [];
  return [
    words.title,
    words.timesAreUtc,
    ...training,
    '',
    line(words.leg, facts.leg),
    line(words.request, facts.requestId),
  ];
}

function exchangeLines(facts: PackFacts, words: SummaryWords): string[] {
  const { delivery, reads, state } = facts;
  const desks = new Set(reads.map(({ by }) => by.desk)).size;
  return [
    line(words.kind, facts.kind),
    line(words.priority, facts.priority),
    line(words.sentBy, ...nameOf(facts.request.by)),
    ...statementLines(facts.request, words),
    ...(facts.receivedAt === undefined ? [] : [indented(line(words.receivedAt, facts.receivedAt))]),
    line(words.recipient, ...nameOf(facts.recipient)),
    delivery ? line(words.deliveredAt, delivery.deliveredAt) : `${words.deliveredAt}: ${words.notDelivered}`,
    ...(delivery ? spokenLines(delivery, words) : []),
    line(words.desksThatRead, String(desks)),
    ...reads.flatMap((read) => spokenLines(read, words)),
    ...(state ? [line(words.status, state.status, ...(state.outcome === undefined ? [] : [state.outcome]))] : []),
    words.unaltered,
  ];
}

function spokenLines(statement: FactStatement, words: SummaryWords): string[] {
  return [indented(line(words.statedBy, ...nameOf(statement.by))), ...statementLines(statement, words)];
}

function statementLines(statement: FactStatement, words: SummaryWords): string[] {
  return [
    line(words.signedAt, statement.statedAt),
    line(words.acceptedAt, statement.acceptedAt),
    line(words.witnessedAt, statement.witnessedAt),
    line(words.hash, statement.sha256),
  ].map(indented);
}

function proofLines({ messages, policies, directory, logs }: PackFacts, words: SummaryWords): string[] {
  const { agreement, deadlineProfile } = policies;
  return [
    line(words.messages, String(messages)),
    ...(agreement ? [line(words.agreement, agreement.title, agreement.id)] : []),
    ...(deadlineProfile === undefined ? [] : [line(words.deadlineProfile, deadlineProfile)]),
    line(words.directory, String(directory.version), directory.statedAt),
    ...logs.flatMap(({ origin, size, root, witnesses, witnessedAt }) => [
      line(words.log, origin, String(size), root),
      indented(line(words.witnesses, ...witnesses, witnessedAt)),
    ]),
  ];
}

function nameOf({ name, desk, officer }: FactParty): string[] {
  return [name, desk, ...(officer === undefined ? [] : [officer])];
}

function line(label: string, ...values: string[]): string {
  return `${label}: ${values.map((value) => `${ISOLATE}${value.replace(NOT_PRINTED, '')}${POP}`).join(', ')}`;
}

function indented(text: string): string {
  return `  ${text}`;
}
