import { Command } from 'commander';
import {
  type AnomalyRule,
  type AnomalyState,
  type AnomalySummary,
  type AnomalyView,
  anomalyOutcome,
  type QuestionView,
} from '#libs/contracts';
import { UsageError } from '../failure.js';
import { table } from '../output/output.js';
import { typeWords } from '../output/words.js';
import { shortUrn } from '../urn.js';
import { type Surroundings, take, withClient } from './command.js';

/** What the rules look for; `serai anomalies --help` prints it. */
const RULES: Readonly<Record<AnomalyRule, string>> = {
  AN1: 'far more legs opened in a shift than usual at the desk',
  AN2: 'searches and exports without a reference',
  AN3: 'looks when nobody of the desk is on duty',
  AN4: 'one leg opened again and again without acting on it',
  AN6: 'legs opened shortly before they were withdrawn or found of no use',
  AN9: 'many exports in a short time',
  AN10: 'active after the end of a posting or key',
  AN11: 'messages signed by a clock that runs ahead',
  AN12: 'one participant takes no delivery while others do',
  SAMPLE: 'drawn at random',
};
const RULES_HELP = `\nRules:\n${Object.entries(RULES)
  .map(([rule, words]) => `  ${rule.padEnd(7)} ${words}`)
  .join('\n')}`;

interface ListOptions {
  readonly state?: AnomalyState;
  readonly rule?: AnomalyRule;
  readonly officer?: string;
  readonly limit: string;
}

/** Working on what rules found in the audit metadata. */
export function anomaliesCommand(surroundings: Surroundings): Command {
  return new Command('anomalies')
    .description('what rules found in the audit metadata; nothing follows from it by itself')
    .addHelpText('after', RULES_HELP)
    .addCommand(listCommand(surroundings))
    .addCommand(showCommand(surroundings))
    .addCommand(askCommand(surroundings))
    .addCommand(concludeCommand(surroundings));
}

function listCommand(surroundings: Surroundings): Command {
  return new Command('list')
    .description('newest first')
    .option('--state <state>', 'OPEN, JUSTIFICATION_REQUESTED, JUSTIFICATION_GIVEN, or an outcome')
    .option('--rule <rule>', 'like AN4')
    .option('--officer <pseudonym>', 'about this one')
    .option('--limit <number>', 'at most so many', '50')
    .action(
      withClient<ListOptions, []>(surroundings, async ({ client, output, options }) => {
        const { state, rule, officer, limit } = options;
        const found = await take(client.anomalies({ state, rule, officer }), limit);
        output.show(found, found.length ? table(found.map(itemRow)) : 'None.');
      }),
    );
}

function showCommand(surroundings: Surroundings): Command {
  return new Command('show')
    .description('an item with the records it rests on and what was said of it')
    .argument('<item>', 'id of the item')
    .action(
      withClient<object, [string]>(surroundings, async ({ client, output }, itemId) => {
        const item = await client.anomaly(itemId);
        output.show(item, itemLines(item));
      }),
    );
}

function askCommand(surroundings: Surroundings): Command {
  return new Command('ask')
    .description('ask the officer concerned for the reason; there are 72 hours to answer')
    .argument('<item>', 'id of the item')
    .option('--question <text>', 'without personal data; everybody is asked in the same words unless given')
    .action(
      withClient<{ question?: string }, [string]>(surroundings, async ({ client, output, options }, itemId) => {
        const item = await client.requestJustification(itemId, options);
        output.show(item, itemLines(item));
      }),
    );
}

function concludeCommand(surroundings: Surroundings): Command {
  return new Command('conclude')
    .description('say what came of it; the agency acts, not this system')
    .argument('<item>', 'id of the item')
    .requiredOption('--outcome <code>', anomalyOutcome.options.join(', '))
    .requiredOption('--reason <text>', 'why, without personal data')
    .action(
      withClient<{ outcome: string; reason: string }, [string]>(surroundings, async (work, itemId) => {
        const { client, output, options } = work;
        const outcome = anomalyOutcome.safeParse(options.outcome.toUpperCase()).data;
        if (!outcome) throw new UsageError(`--outcome is one of ${anomalyOutcome.options.join(', ')}.`);
        const item = await client.concludeAnomaly(itemId, { outcome, reason: options.reason });
        output.show(item, itemLines(item));
      }),
    );
}

/** What auditors ask whoever calls. */
export function questionsCommand(surroundings: Surroundings): Command {
  return new Command('questions')
    .description('what auditors ask you about your own acts')
    .addCommand(listQuestionsCommand(surroundings))
    .addCommand(answerCommand(surroundings));
}

function listQuestionsCommand(surroundings: Surroundings): Command {
  return new Command('list')
    .description('newest first')
    .option('--limit <number>', 'at most so many', '20')
    .action(
      withClient<{ limit: string }, []>(surroundings, async ({ client, output, options }) => {
        const found = await take(client.questions(), options.limit);
        output.show(found, found.length ? found.flatMap(questionLines) : 'Nobody asks you anything.');
      }),
    );
}

function answerCommand(surroundings: Surroundings): Command {
  return new Command('answer')
    .description('say why you needed to see it, once; auditors of your participant read it')
    .argument('<item>', 'id of the question')
    .argument('<text>', 'why')
    .action(
      withClient<object, [string, string]>(surroundings, async ({ client, output }, itemId, text) => {
        const question = await client.answerQuestion(itemId, text);
        output.show(question, questionLines(question));
      }),
    );
}

function itemRow({
  itemId,
  rule,
  state,
  officer,
  participant,
  score,
  threshold,
  until,
  overdue,
}: AnomalySummary): string[] {
  const whom = officer ?? (participant === undefined ? '' : shortUrn(participant));
  const measured = rule === 'SAMPLE' ? '' : `${Math.round(score * 10) / 10} (from ${threshold})`;
  return [itemId, rule, overdue ? `${state}, OVERDUE` : state, whom, measured, until, RULES[rule]];
}

function itemLines(item: AnomalyView): string[] {
  const { records, question, answer, conclusion } = item;
  return [
    ...table([itemRow(item)]),
    ...table(records.map(({ at, action, type, legId }) => [`  ${at}`, action, typeWords(type), legId ?? ''])),
    ...(question ? [`${question.at} ${question.by} asked: ${question.text}`] : []),
    ...(answer ? [`${answer.at} ${answer.by} answered: ${answer.text ?? '(erased)'}`] : []),
    ...(conclusion ? [`${conclusion.at} ${conclusion.by} concluded ${conclusion.outcome}: ${conclusion.text}`] : []),
  ];
}

function questionLines({ itemId, question, answerDue, acts, answer }: QuestionView): string[] {
  return [
    `${itemId} ${question} (until ${answerDue})`,
    ...table(acts.map(({ at, type, legId }) => [`  ${at}`, typeWords(type), legId ?? ''])),
    ...(answer ? [`  ${answer.at} you answered: ${answer.text ?? '(erased)'}`] : []),
  ];
}
