import { Command } from 'commander';
import type { BodyOf } from '#libs/client';
import type { SubmittedRequest } from '#libs/contracts';
import { table } from '../output/output.js';
import { standing } from '../output/words.js';
import { shortUrn } from '../urn.js';
import { type AttachOptions, uploadAll, withAttachments } from './attachments.command.js';
import { type ActOptions, actCommand, follow, readJson, type Surroundings, take, withClient } from './command.js';

export function requestsCommand(surroundings: Surroundings): Command {
  const send = withAttachments(actCommand('send'))
    .description('sign, encrypt and send a request; --file holds it as JSON (docs/reference, operation submitRequest)')
    .requiredOption('--file <file>', 'JSON of the request, - for standard input')
    .action(
      withClient<ActOptions & AttachOptions & { file: string }, []>(surroundings, async (work) => {
        const { client, options, output } = work;
        const request = readJson<BodyOf<'submitRequest'>>(options.file);
        const attachments = await uploadAll(work);
        const sent = await client.submitRequest({ ...request, ...(attachments && { attachments }) }, options);
        output.remark(`request ${sent.requestId}`);
        for (const { legId, desk } of sent.legs) output.remark(`leg ${legId} to ${shortUrn(desk)}`);
        for (const held of sent.held ?? []) output.remark(heldLine(held));
        await follow(work, sent.legs, sent);
      }),
    );
  const list = new Command('list')
    .description('requests that your desks sent, newest first')
    .option('--limit <number>', 'at most so many', '20')
    .action(
      withClient<{ limit: string }, []>(surroundings, async ({ client, output, options }) => {
        const requests = await take(client.requests(), options.limit);
        const rows = requests.map(({ requestId, createdAt, kind, priority, legs, held = [] }) => [
          requestId,
          createdAt,
          kind,
          priority,
          [
            ...legs.map((leg) => `${shortUrn(leg.addressee.participant)} ${standing(leg)}`),
            ...held.map(({ participant, state }) => `${shortUrn(participant)} HELD (${state})`),
          ].join(', '),
        ]);
        output.show(requests, rows.length ? table(rows) : 'None.');
      }),
    );
  const show = new Command('show')
    .description('one request with its legs')
    .argument('<request>', 'id of the request')
    .action(
      withClient<object, [string]>(surroundings, async ({ client, output }, requestId) => {
        const request = await client.request(requestId);
        const legs = request.legs.map((leg) => [leg.legId, shortUrn(leg.addressee.desk), standing(leg)]);
        const held = (request.held ?? []).map(heldLine);
        output.show(request, [
          `${request.kind}, ${request.priority}, sent ${request.createdAt}`,
          ...table(legs),
          ...held,
        ]);
      }),
    );
  return new Command('requests')
    .description('requests that you send')
    .addCommand(send)
    .addCommand(list)
    .addCommand(show);
}

type Held = NonNullable<SubmittedRequest['held']>[number];

const heldLine = ({ approvalId, desk, state }: Held): string =>
  state === 'WAITING'
    ? `to ${shortUrn(desk)}: held until a supervisor other than you approves it: serai approvals approve ${approvalId}`
    : `to ${shortUrn(desk)}: not sent, ${state} (serai approvals show ${approvalId})`;
