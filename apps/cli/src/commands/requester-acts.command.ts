import type { Command } from 'commander';
import type { CloseBody } from '#libs/contracts';
import {
  type ActOptions,
  actCommand,
  follow,
  type Surroundings,
  type TextOptions,
  withClient,
  withText,
} from './command.js';

interface CommentOptions {
  readonly comment?: string;
  readonly language: string;
}

const LEG = ['<leg>', 'id of the leg'] as const;
const textOf = (text: string | undefined, language: string) => (text === undefined ? undefined : { text, language });

/** What the side that asked may do. */
export function requesterActs(surroundings: Surroundings): Command[] {
  const explain = withText(actCommand('explain'), 'the answer to the question')
    .description('answer a question back; the clock goes on')
    .argument(...LEG)
    .argument('[clarification]', 'id of the question; the pending one unless given')
    .action(
      withClient<ActOptions & TextOptions, [string, string?]>(surroundings, async (work, legId, given) => {
        const { text, language } = work.options;
        const pending = given ?? (await work.client.leg(legId)).state?.pendingClarification ?? '';
        const sent = await work.client.answerClarification(legId, pending, { text, language }, work.options);
        await follow(work, [sent], sent);
      }),
    );
  const reconsider = withText(actCommand('reconsider'), 'why to think again')
    .description('ask once to think a refusal over')
    .argument(...LEG)
    .action(
      withClient<ActOptions & TextOptions, [string]>(surroundings, async (work, legId) => {
        const { text, language } = work.options;
        const sent = await work.client.askReconsideration(legId, { text, language }, work.options);
        await follow(work, [sent], sent);
      }),
    );
  return [explain, reconsider, closeCommand(surroundings), withdrawCommand(surroundings)];
}

function closeCommand(surroundings: Surroundings): Command {
  return actCommand('close')
    .description('close an answered or refused leg')
    .argument(...LEG)
    .requiredOption('--outcome <outcome>', 'like IDENTIFIED')
    .option('--usefulness <number>', '1 to 5')
    .option('--comment <text>', 'a word to the other side')
    .option('--language <tag>', 'language of the comment', 'en')
    .action(
      withClient<ActOptions & CommentOptions & { outcome: CloseBody['outcome']; usefulness?: string }, [string]>(
        surroundings,
        async (work, legId) => {
          const { outcome, usefulness, comment, language } = work.options;
          const body = {
            outcome,
            usefulness: usefulness === undefined ? undefined : Number(usefulness),
            comment: textOf(comment, language),
          };
          const sent = await work.client.close(legId, body, work.options);
          await follow(work, [sent], sent);
        },
      ),
    );
}

function withdrawCommand(surroundings: Surroundings): Command {
  return actCommand('withdraw')
    .description('take the request back from this addressee')
    .argument(...LEG)
    .option('--comment <text>', 'why, for the other side')
    .option('--language <tag>', 'language of the comment', 'en')
    .action(
      withClient<ActOptions & CommentOptions, [string]>(surroundings, async (work, legId) => {
        const { comment, language } = work.options;
        const sent = await work.client.withdraw(legId, { reason: textOf(comment, language) }, work.options);
        await follow(work, [sent], sent);
      }),
    );
}
