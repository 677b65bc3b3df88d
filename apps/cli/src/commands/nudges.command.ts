import { Command } from 'commander';
import { type SeraiClient, SeraiProblem } from '#libs/client';
import type { EscalationStep, NudgesView, SentNudges } from '#libs/contracts';
import { table } from '../output/output.js';
import { deskOf, shortUrn } from '../urn.js';
import { type ActOptions, actCommand, readJson, type Surroundings, secondsOf, withClient } from './command.js';

type Settings = Parameters<SeraiClient['setNudges']>[1];

const DESK = ['<desk>', 'own desk, like iq:ncc'] as const;

/** How desks are nudged when something waits for them. */
export function nudgesCommand(surroundings: Surroundings): Command {
  const show = new Command('show')
    .description('where and when a desk is nudged, and contacts that the hub has given up')
    .argument(...DESK)
    .action(
      withClient<object, [string]>(surroundings, async ({ client, output }, desk) => {
        const view = await client.nudges(deskOf(desk));
        output.show(view, describe(view));
      }),
    );
  const set = actCommand('set')
    .description('say where and when a desk is nudged; --file holds it as JSON (docs/operations.md, nudges)')
    .argument(...DESK)
    .requiredOption('--file <file>', 'JSON of the settings, - for standard input')
    .action(
      withClient<ActOptions & { file: string }, [string]>(surroundings, async (work, desk) => {
        const { client, output, options, signal } = work;
        const urn = deskOf(desk);
        const sent = await client.setNudges(urn, readJson<Settings>(options.file), options);
        const timeoutMs = secondsOf(options.wait);
        const found = await client.waitForNudges(urn, sent.envelopeId, { timeoutMs, signal });
        output.show(found, stateLine(found));
        if (found.problem) throw new SeraiProblem(found.problem);
      }),
    );
  return new Command('nudges')
    .description('how a desk is told, by e-mail or webhook and without content, that something waits for it')
    .addCommand(show)
    .addCommand(set);
}

const stateLine = ({ envelopeId, state, effectiveFrom }: SentNudges): string =>
  `Settings ${envelopeId}: ${state}${effectiveFrom ? `, from ${effectiveFrom}` : ''}`;

function describe({ desk, settings, disabled, webhookKeys = [] }: NudgesView): string[] {
  const [newest] = settings;
  if (newest === undefined) return [`Nobody has set nudges for ${shortUrn(desk)}.`];
  const { contacts, quietHours, digestMinutes } = newest.nudges;
  return [
    stateLine(newest),
    `Digest every ${digestMinutes} min; ${quietHours ? `quiet from ${quietHours.from} to ${quietHours.to}` : 'no quiet hours'}.`,
    ...(contacts.length > 0
      ? table(
          contacts.map(({ name, email, webhook, receives }) => [
            name,
            receives,
            [email, webhook].filter(Boolean).join(' '),
          ]),
        )
      : ['No contact.']),
    ...webhookKeys.map((key) => `Webhooks are signed with ${key}`),
    ...disabled.map(({ contact, disabledAt, reason }) => `Given up: ${contact} at ${disabledAt}. ${reason}`),
  ];
}

/** What happened because nobody opened an urgent leg. */
export function escalationsCommand(surroundings: Surroundings): Command {
  return new Command('escalations')
    .description('what the hub did because nobody opened an urgent leg: who was nudged, when the sender was told')
    .argument('<leg>', 'id of the leg')
    .action(
      withClient<object, [string]>(surroundings, async ({ client, output }, legId) => {
        const steps = await client.escalations(legId);
        const rows = steps.map(({ step, at, rung, onDuty }) => [
          String(step),
          at,
          STEP_WORDS[rung],
          onDuty === false ? 'nobody on duty' : '',
        ]);
        output.show(steps, rows.length > 0 ? table(rows) : 'None.');
      }),
    );
}

export const STEP_WORDS: Readonly<Record<EscalationStep['rung'], string>> = {
  DUTY: 'desk on duty nudged',
  DEPUTY: 'deputy nudged',
  SUPERVISOR: 'supervisor nudged',
  SENDER: 'sender told that nobody has opened the leg',
};
