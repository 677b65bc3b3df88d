import type { Command } from 'commander';
import type { RefusalGround, ResponseBody } from '#libs/contracts';
import { type AttachOptions, uploadAll, withAttachments } from './attachments.command.js';
import {
  type ActOptions,
  actCommand,
  follow,
  readJson,
  type Surroundings,
  type TextOptions,
  withClient,
  withText,
} from './command.js';

interface RefuseOptions extends ActOptions {
  readonly ground: RefusalGround;
  readonly items?: string;
  readonly confidential?: boolean;
  readonly reason?: string;
  readonly language: string;
}

const LEG = ['<leg>', 'id of the leg'] as const;

/** What the side that was asked may do. */
export function addresseeActs(surroundings: Surroundings): Command[] {
  const acknowledge = actCommand('acknowledge')
    .description('take the leg on')
    .argument(...LEG)
    .action(
      withClient<ActOptions, [string]>(surroundings, async (work, legId) => {
        const sent = await work.client.acknowledge(legId, work.options);
        await follow(work, [sent], sent);
      }),
    );
  const clarify = withText(actCommand('clarify'), 'the question back')
    .description('ask the sender back; the clock pauses')
    .argument(...LEG)
    .action(
      withClient<ActOptions & TextOptions, [string]>(surroundings, async (work, legId) => {
        const { text, language } = work.options;
        const sent = await work.client.askClarification(legId, { text, language }, work.options);
        await follow(work, [sent], sent);
      }),
    );
  const authorise = withText(actCommand('await-authorisation'), 'what is awaited')
    .description('say that a judicial authorisation is awaited')
    .argument(...LEG)
    .requiredOption('--expected-by <time>', 'RFC 3339, like 2026-11-24T12:00:00Z')
    .action(
      withClient<ActOptions & TextOptions & { expectedBy: string }, [string]>(surroundings, async (work, legId) => {
        const { text, language, expectedBy } = work.options;
        const body = { text, language, expectedBy: new Date(expectedBy).toISOString() };
        const sent = await work.client.announceAuthorisation(legId, body, work.options);
        await follow(work, [sent], sent);
      }),
    );
  return [acknowledge, clarify, authorise, answerCommand(surroundings), ...refusals(surroundings)];
}

function answerCommand(surroundings: Surroundings): Command {
  return withAttachments(actCommand('answer'))
    .description('answer in part or for good; --file holds it as JSON (docs/reference, operation respond)')
    .argument(...LEG)
    .requiredOption('--file <file>', 'JSON of the answer, - for standard input')
    .action(
      withClient<ActOptions & AttachOptions & { file: string }, [string]>(surroundings, async (work, legId) => {
        const answer = readJson<ResponseBody>(work.options.file);
        const attachments = await uploadAll(work);
        const body = { ...answer, ...(attachments && { attachments }) };
        const sent = await work.client.respond(legId, body, work.options);
        await follow(work, [sent], sent);
      }),
    );
}

function refusals(surroundings: Surroundings): Command[] {
  const refuse = actCommand('refuse')
    .description('refuse the request or some items of it, with a ground')
    .argument(...LEG)
    .requiredOption('--ground <ground>', 'like ONGOING_INVESTIGATION')
    .option('--items <numbers>', 'only these, with commas: 2,3')
    .option('--confidential', 'the sender is not told the ground')
    .option('--reason <text>', 'why, for the sender')
    .option('--language <tag>', 'language of the reason', 'en')
    .action(
      withClient<RefuseOptions, [string]>(surroundings, async (work, legId) => {
        const { ground, items, confidential, reason: text, language } = work.options;
        const body = {
          ground,
          discloseGround: confidential !== true,
          items: items?.split(','),
          reason: text === undefined ? undefined : { text, language },
        };
        const answer = await work.client.refuse(legId, body, work.options);
        const { refusalId, envelopeId } = answer;
        if (envelopeId) await follow(work, [{ envelopeId }], answer);
        else
          work.output.show(
            answer,
            `Refusal ${refusalId} waits until another supervisor approves it: serai approvals approve ${refusalId}`,
          );
      }),
    );
  const countersign = actCommand('countersign')
    .description('second supervisor: let a refusal on a sensitive ground go out')
    .argument(...LEG)
    .argument('<refusal>', 'id of the refusal')
    .action(
      withClient<ActOptions, [string, string]>(surroundings, async (work, legId, refusalId) => {
        const sent = await work.client.countersignRefusal(legId, refusalId, work.options);
        await follow(work, [sent], sent);
      }),
    );
  const decline = actCommand('decline')
    .description('decline without a ground')
    .argument(...LEG)
    .action(
      withClient<ActOptions, [string]>(surroundings, async (work, legId) => {
        const sent = await work.client.decline(legId, work.options);
        await follow(work, [sent], sent);
      }),
    );
  return [refuse, countersign, decline];
}
