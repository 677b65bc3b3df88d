import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { type SeraiClient, SeraiProblem } from '#libs/client';
import type { DirectoryProposal } from '#libs/contracts';
import { openKeystore, type Signer } from '#libs/envelope';
import {
  changeWords,
  contentOf,
  readChanges,
  readSignedChanges,
  signaturesOn,
  signChanges,
  type TravellingChange,
} from '../changes-file.js';
import type { CliConfig } from '../config.js';
import { UsageError } from '../failure.js';
import { Output } from '../output/output.js';
import { readLocalChairs } from '../session/local-run.js';
import { type ActOptions, actCommand, type Surroundings, secondsOf, type Work, withClient } from './command.js';

interface SignOptions {
  readonly keystore?: string;
  readonly chair?: string;
  readonly json?: boolean;
}

const POLL_MS = 250;

/** Changes of the directory on their way: from the proposal over its signers to the hub. */
export function changesCommand(surroundings: Surroundings): Command {
  const changes = new Command('changes').description(
    'signed changes of the directory: look at them, sign them, hand them in',
  );
  for (const command of [
    showCommand(surroundings),
    signCommand(surroundings),
    submitCommand(surroundings),
    listCommand(surroundings),
  ]) {
    changes.addCommand(command);
  }
  return changes;
}

function showCommand({ terminal }: Surroundings): Command {
  return new Command('show')
    .description('what the changes of a file do, and how many have signed')
    .argument('<file>')
    .action(async (file: string, _options: unknown, command: Command) => {
      const found = readChanges(file);
      new Output(terminal, command.optsWithGlobals<SignOptions>().json === true).show(found, await linesOf(found));
    });
}

function signCommand({ config, terminal }: Surroundings): Command {
  return new Command('sign')
    .description('for a chair: add your signature to every change of the file, offline; read "changes show" first')
    .argument('<file>')
    .option('--keystore <file>', 'your keystore; SERAI_KEYSTORE_PASSPHRASE opens it')
    .option('--chair <name>', 'a chair of the local community, like chair-transit')
    .action(async (file: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<SignOptions>();
      const signed = await signChanges(file, await signerOf(config, options));
      new Output(terminal, options.json === true).show(signed, await linesOf(signed));
    });
}

async function signerOf(config: CliConfig, { keystore, chair }: SignOptions): Promise<Signer> {
  if (chair) {
    const chairs = readLocalChairs(config);
    const found = chairs.find(({ name }) => name === chair);
    if (found) return (await openKeystore(found.keystore, found.passphrase)).signer();
    const names = chairs.map(({ name }) => name).join(', ');
    throw new UsageError(names ? `There is no chair "${chair}". There are: ${names}.` : '--chair needs "npm start".');
  }
  if (!keystore) throw new UsageError('Say with which keystore: --keystore <file>.');
  const passphrase = config.keystorePassphrase;
  if (!passphrase) throw new UsageError('Set SERAI_KEYSTORE_PASSPHRASE to the passphrase of the keystore.');
  return (await openKeystore(keystore, passphrase)).signer();
}

function submitCommand(surroundings: Surroundings): Command {
  return actCommand('submit')
    .description('hand in the changes of a file, when all have signed; by somebody else than who proposed them')
    .argument('<file>')
    .action(
      withClient<ActOptions, [string]>(surroundings, async (work, file) => {
        const { client, output, options } = work;
        const { idempotencyKey } = options;
        const timeoutMs = secondsOf(options.wait);
        const body = { changes: readSignedChanges(file) };
        const handedIn = await client.submitDirectoryChanges(body, { ...(idempotencyKey ? { idempotencyKey } : {}) });
        const decided = await outcome(work, new Set(handedIn.map(({ changeId }) => changeId)), timeoutMs);
        output.show(decided, await Promise.all(decided.map(proposalLine)));
        const refused = decided.find(({ problem }) => problem !== undefined);
        if (refused?.problem) throw new SeraiProblem(refused.problem);
      }),
    );
}

/** Waits for the hub's word on changes as long as the options say. */
async function outcome(
  { client, signal }: Work<ActOptions>,
  ids: ReadonlySet<string>,
  timeoutMs: number,
): Promise<DirectoryProposal[]> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const found = await proposalsOf(client, ids);
    const isDecided = found.every(({ state }) => state === 'ACCEPTED' || state === 'REFUSED');
    if (isDecided || Date.now() >= until) return found;
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function proposalsOf(client: SeraiClient, ids: ReadonlySet<string>): Promise<DirectoryProposal[]> {
  return (await client.directoryProposals()).filter(({ changeId }) => ids.has(changeId)).reverse();
}

function listCommand(surroundings: Surroundings): Command {
  return new Command('list').description('changes that were proposed or handed in here, newest first').action(
    withClient(surroundings, async ({ client, output }) => {
      const found = await client.directoryProposals();
      output.show(found, found.length ? await Promise.all(found.map(proposalLine)) : 'None yet.');
    }),
  );
}

async function proposalLine(proposal: DirectoryProposal): Promise<string> {
  const { change, state, problem, proposedBy, submittedBy } = proposal;
  const by = [proposedBy && `proposed by ${proposedBy}`, submittedBy && `handed in by ${submittedBy}`].filter(Boolean);
  const people = by.length > 0 ? ` (${by.join(', ')})` : '';
  return `${state.padEnd(8)}  ${await changeWords(change)}${people}${problem ? `: ${problem.detail} (${problem.code})` : ''}`;
}

function linesOf(changes: readonly TravellingChange[]): Promise<string[]> {
  return Promise.all(
    changes.map(async (change) => {
      const count = signaturesOn(change);
      return `${count} ${count === 1 ? 'signature' : 'signatures'}  ${await changeWords(contentOf(change))}`;
    }),
  );
}
