import { Command } from 'commander';
import { type ApprovalState, type ApprovalSummary, type ApprovalView, approvalState } from '#libs/contracts';
import { UsageError } from '../failure.js';
import { table } from '../output/output.js';
import { shortUrn } from '../urn.js';
import {
  type ActOptions,
  actCommand,
  follow,
  type Surroundings,
  type TextOptions,
  take,
  withClient,
  withText,
} from './command.js';

const APPROVAL = ['<approval>', 'id of what waits'] as const;

/** Acts that one officer proposes and another one lets out. */
export function approvalsCommand(surroundings: Surroundings): Command {
  const approvals = new Command('approvals').description(
    'what waits for a second person: requests to the country of a person whose claim to protection is unknown, refusals on a sensitive ground',
  );
  for (const command of [...looks(surroundings), ...decisions(surroundings)]) approvals.addCommand(command);
  return approvals;
}

function looks(surroundings: Surroundings): Command[] {
  const list = new Command('list')
    .description('what waits, newest first; supervisors see all of their country, others what they have proposed')
    .option('--state <state>', `${approvalState.options.join(', ')}, or ALL`, 'WAITING')
    .option('--limit <number>', 'at most so many', '20')
    .action(
      withClient<{ state: string; limit: string }, []>(surroundings, async ({ client, output, options }) => {
        const found = await take(client.approvals({ state: stateOf(options.state) }), options.limit);
        output.show(found, found.length > 0 ? table(found.map(approvalRow)) : 'None.');
      }),
    );
  const show = new Command('show')
    .description('what it would send, or why it was rejected; the look is logged')
    .argument(...APPROVAL)
    .action(
      withClient<object, [string]>(surroundings, async ({ client, output }, approvalId) => {
        const approval = await client.approval(approvalId);
        output.show(approval, [...table([approvalRow(approval)]), ...wordsOf(approval)]);
      }),
    );
  return [list, show];
}

function decisions(surroundings: Surroundings): Command[] {
  const approve = actCommand('approve')
    .description('second person: let it out; it is signed now')
    .argument(...APPROVAL)
    .action(
      withClient<ActOptions, [string]>(surroundings, async (work, approvalId) => {
        const sent = await work.client.approve(approvalId, work.options);
        await follow(work, [sent], sent);
      }),
    );
  const reject = withText(endCommand('reject'), 'why not, for whoever proposed it')
    .description('second person: do not let it out')
    .argument(...APPROVAL)
    .action(
      withClient<ActOptions & TextOptions, [string]>(surroundings, async (work, approvalId) => {
        const { text, language } = work.options;
        const approval = await work.client.reject(approvalId, { reason: { text, language } }, work.options);
        work.output.show(approval, table([approvalRow(approval)]));
      }),
    );
  const withdraw = endCommand('withdraw')
    .description('take back what you have proposed')
    .argument(...APPROVAL)
    .action(
      withClient<ActOptions, [string]>(surroundings, async (work, approvalId) => {
        const approval = await work.client.withdrawApproval(approvalId, work.options);
        work.output.show(approval, table([approvalRow(approval)]));
      }),
    );
  return [approve, reject, withdraw];
}

/** Nothing is sent, so there is nothing to wait for. */
const endCommand = (name: string): Command =>
  new Command(name).option('--idempotency-key <key>', 'repeat an act safely: the same key has one effect');

function stateOf(given: string): ApprovalState | undefined {
  if (given === 'ALL') return undefined;
  const state = approvalState.safeParse(given);
  if (state.success) return state.data;
  throw new UsageError(`--state ${given} is none of ${approvalState.options.join(', ')}, ALL.`);
}

const KIND_WORDS: Readonly<Record<ApprovalSummary['kind'], string>> = {
  REQUEST_RELEASE: 'request',
  REFUSAL: 'refusal',
};

function approvalRow({ approvalId, kind, recipient, proposedBy, state, ...times }: ApprovalSummary): string[] {
  const since = times.decidedAt ? `${times.decidedBy ?? ''} ${times.decidedAt}` : `until ${times.expiresAt}`;
  return [approvalId, `${KIND_WORDS[kind]} to ${shortUrn(recipient.desk)}`, `by ${proposedBy}`, state, since];
}

function wordsOf({ request, refusal, reason }: ApprovalView): string[] {
  if (reason) return [`Rejected: ${reason.text}`];
  const proposed = request ?? refusal;
  return proposed === undefined ? [] : [JSON.stringify(proposed, undefined, 2)];
}
