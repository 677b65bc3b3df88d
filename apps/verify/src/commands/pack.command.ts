import { isLanguage, LANGUAGES, summarise, verifyPack } from '#libs/evidence';
import { readInput, readRoots } from '../input.js';
import { headlines, printVerdict } from '../output.js';
import { type Terminal, UsageError } from '../usage.js';
import { type Arguments, flag, required } from './arguments.js';

/** `verify pack <zip> --roots <file> [--language <code>]` */
export async function packCommand(args: Arguments, terminal: Terminal): Promise<boolean> {
  const [file] = args.positionals;
  const language = flag(args, 'language');
  if (language !== undefined && !isLanguage(language)) {
    throw new UsageError(`There is no summary in "${language}". There are: ${LANGUAGES.join(', ')}.`);
  }
  const roots = readRoots(required(args, 'roots'));
  const verdict = await verifyPack(readInput(file!), { roots });
  printVerdict(terminal, verdict, {
    json: args.json,
    wordsOf: (facts) => [
      ...headlines(facts),
      ...(language === undefined ? [] : ['', summarise(facts, language).trimEnd()]),
    ],
  });
  return verdict.holds;
}
