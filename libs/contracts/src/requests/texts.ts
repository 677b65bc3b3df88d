import { z } from 'zod';

// Control, bidirectional-override and zero-width characters: harmless-looking ways to make two identifiers differ or a text read backwards.
// U+200C and U+200D stay allowed in prose: Persian and Urdu need them.
const hiddenInIdentifier = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/u;
const hiddenInProse = /[^\P{Cc}\t\n\r]|[\u202a-\u202e\u2066-\u2069\ufeff\p{Co}\p{Cs}]/u;

/** One line that identifies: a name, a number. No control, bidi or zero-width characters. */
export const identifierText = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !hiddenInIdentifier.test(text), 'must not contain control, bidi or zero-width characters');

/** Prose in any script, kept as written. */
export const prose = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !hiddenInProse.test(text), 'must not contain control or bidi override characters');
