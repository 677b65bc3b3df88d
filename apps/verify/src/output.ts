import type { Check, PackFacts, Verdict } from '#libs/evidence';
import type { Terminal } from './usage.js';

/** Control characters, also those that reorder text: what a forger wrote must not move the reader's cursor. */
const NOT_PRINTED = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Prints a verdict: a line for each check, what follows, and the end of it; or all of it as one JSON object. */
export function printVerdict<F>(
  terminal: Terminal,
  { holds, checks, facts }: Verdict<F>,
  { json, wordsOf }: { readonly json: boolean; readonly wordsOf: (facts: F) => readonly string[] },
): void {
  if (json) {
    terminal.result(JSON.stringify({ holds, checks, facts }, undefined, 2));
    return;
  }
  for (const check of checks) terminal.result(lineOf(check));
  if (facts !== undefined) terminal.result(['', ...wordsOf(facts)].join('\n'));
  const failed = checks.filter((check) => !check.holds).length;
  terminal.result('');
  terminal.result(
    holds
      ? `EVERYTHING HOLDS: ${checks.length} checks.`
      : `FAILED: ${failed} of ${checks.length} checks. Believe nothing of it.`,
  );
}

function lineOf({ rule, about, holds, reason }: Check): string {
  const place = about === undefined ? '' : ` [${about}]`;
  return (holds ? `OK      ${rule}${place}` : `FAILED  ${rule}${place}: ${reason}`).replace(NOT_PRINTED, '');
}

/** The short answer to: who sent it, unaltered, when was it delivered, who read it? */
export function headlines({ request, delivery, reads, logs }: PackFacts): string[] {
  const desks = new Set(reads.map(({ by }) => by.desk)).size;
  return [
    `SENT BY    ${request.by.name}, ${request.by.desk}; accepted ${request.acceptedAt}, seen by witnesses no later than ${request.witnessedAt}`,
    delivery === undefined
      ? 'DELIVERED  not stated by the recipient'
      : `DELIVERED  ${delivery.deliveredAt}, as the recipient ${delivery.by.name} states`,
    `READ BY    ${desks} ${desks === 1 ? 'desk' : 'desks'}`,
    'UNALTERED  the same bytes were signed, accepted and logged',
    ...logs.map(
      ({ origin, size, witnesses }) => `LOG        ${origin}, ${size} leaves, cosigned by ${witnesses.join(', ')}`,
    ),
  ].map((text) => text.replace(NOT_PRINTED, ''));
}
