import { Command } from 'commander';
import type { LiveEvent } from '#libs/contracts';
import { table } from '../output/output.js';
import { shortUrn } from '../urn.js';
import { type Surroundings, take, withClient } from './command.js';
import { STEP_WORDS } from './nudges.command.js';

/** Following what happens, and who looked. */
export function observeCommands(surroundings: Surroundings): Command[] {
  const watch = new Command('watch')
    .description('live updates until Ctrl-C; with --json one object per line')
    .option('--after <id>', 'resume after this event')
    .action(
      withClient<{ after?: string }, []>(surroundings, async ({ client, output, options, signal }) => {
        output.remark('Watching; Ctrl-C ends.');
        for await (const event of client.events({ lastEventId: options.after, signal })) {
          output.stream(event, `${event.id}  ${liveWords(event)}`);
        }
      }),
    );
  const accessLog = new Command('access-log')
    .description('who looked at what, for which desk and purpose, when; newest first')
    .option('--leg <leg>', 'only this leg')
    .option('--limit <number>', 'at most so many', '50')
    .action(
      withClient<{ leg?: string; limit: string }, []>(surroundings, async ({ client, output, options }) => {
        const entries = await take(client.accessLog({ legId: options.leg }), options.limit);
        const rows = entries.map(({ at, officer, desk, purpose, action, operation, legId }) => [
          at,
          officer,
          desk ? shortUrn(desk) : '',
          purpose ?? '',
          action,
          operation,
          legId ?? '',
        ]);
        output.show(entries, rows.length ? table(rows) : 'None.');
      }),
    );
  return [watch, accessLog];
}

function liveWords({ event, data }: LiveEvent): string {
  switch (event) {
    case 'leg.changed':
      return `leg ${data.legId} ${data.status ?? ''}`;
    case 'leg.escalated':
      return `leg ${data.legId} ${STEP_WORDS[data.rung]}`;
    case 'envelope.changed':
      return `envelope ${data.envelopeId} ${data.state}`;
    case 'attachment.changed':
      return `attachment ${data.attachmentId} ${data.state} ${data.carried}/${data.bytes}`;
    case 'approval.changed':
      return `approval ${data.approvalId} ${data.state}`;
    case 'log.changed':
      return `audit log ${data.state} ${data.kind} ${data.alarmId}`;
  }
}
