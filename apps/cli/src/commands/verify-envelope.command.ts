import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { directoryOf, type VerifiedProof, verifyAlone, verifyProof } from '#libs/client';
import type { DirectoryChanges, MessageProof } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import type { CliConfig } from '../config.js';
import { Output, table } from '../output/output.js';
import { typeWords } from '../output/words.js';
import type { CommonOptions } from '../session/connect.js';
import { readRootKeys } from '../session/root-keys.js';
import { shortUrn } from '../urn.js';
import { readJson, type Surroundings } from './command.js';

interface VerifyOptions extends CommonOptions {
  readonly directory: string;
  readonly rootKeys?: string;
  readonly at?: string;
}

/** Checks signed bytes offline: no access point, no hub, nothing trusted but the root keys. */
export function verifyEnvelopeCommand({ config, terminal }: Surroundings): Command {
  return new Command('verify-envelope')
    .description('check a signed envelope, or the proof of a message, offline')
    .argument('<file>', 'a compact JWS, or the JSON of "serai legs proof"')
    .requiredOption('--directory <file>', 'the JSON of "serai directory"')
    .option('--root-keys <file>', 'pinned root keys; those of the local community unless given')
    .option('--at <time>', 'time at which the key must have been active; the time in the envelope unless given')
    .action(async (file: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<VerifyOptions>();
      const verified = await verify(file, options, config);
      const { event, sha256, kid } = verified.envelope;
      const facts = { ...verified, envelope: { ...event, sha256, kid } };
      new Output(terminal, options.json === true).show(facts, ['The signatures hold.', ...linesOf(verified)]);
    });
}

async function verify(file: string, options: VerifyOptions, config: CliConfig): Promise<VerifiedProof> {
  const roots = readRootKeys(config, options);
  const directory = await directoryOf(readJson<DirectoryChanges>(options.directory), roots);
  const text = readText(file).trim();
  if (text.startsWith('{')) return verifyProof(JSON.parse(text) as MessageProof, directory);
  return { envelope: await verifyAlone(text, directory, options.at === undefined ? undefined : new Date(options.at)) };
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new SeraiError('ERR_ENVELOPE_MALFORMED', `${file} cannot be read.`, { cause });
  }
}

function linesOf({ envelope, receivedAt, acceptedAt, refusedWith, responsible }: VerifiedProof): string[] {
  const { event, sha256, kid } = envelope;
  const facts: [string, string | undefined][] = [
    ['signed by', shortUrn(event.source)],
    ['with key', kid],
    ['message', typeWords(event.type)],
    ['id', event.id],
    ['time', event.time],
    ['SHA-256', sha256],
    ['received by the hub', receivedAt],
    ['accepted by the hub', acceptedAt],
    ['refused with', refusedWith],
    ['proposed by', responsible?.proposedBy],
    ['approved by', responsible?.approvedBy],
  ];
  return table(facts.filter(([, value]) => value !== undefined).map(([name, value]) => [name, value ?? '']));
}
