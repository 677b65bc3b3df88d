import { Command } from 'commander';
import { v7 } from 'uuid';
import { type DirectoryChange, type KeyView, type Realm, realm } from '#libs/contracts';
import { createKeystore, type KeystorePublicKey } from '#libs/envelope';
import { changeWords, writeNewChanges } from '../changes-file.js';
import { UsageError } from '../failure.js';
import { Output, table } from '../output/output.js';
import { participantOf } from '../urn.js';
import { type Surroundings, withClient } from './command.js';

interface OutOptions {
  readonly out: string;
  readonly from?: string;
}

const YEARS_VALID = 2;
const NEXT = 'Two chairs sign it with "serai changes sign"; then a colleague hands it in with "serai changes submit".';
export const NEXT_BY_SECRETARIAT =
  'Two chairs sign it with "serai changes sign"; then the Secretariat hands it in with "serai changes submit".';

/** A participant's own keys. */
export function keysCommand(surroundings: Surroundings): Command {
  const keys = new Command('keys').description('keys of the own participant, and proposals to change them');
  for (const command of [
    listCommand(surroundings),
    rotateCommand(surroundings),
    endCommand(surroundings, 'retire', 'RETIRED', 'propose to retire a key'),
    endCommand(
      surroundings,
      'revoke',
      'COMPROMISED',
      'propose to report a key as compromised, also from a past moment',
    ),
    recoverCommand(surroundings),
  ]) {
    keys.addCommand(command);
  }
  return keys;
}

const proposing = (command: Command): Command =>
  command
    .requiredOption('--out <file>', 'new file for the proposed changes')
    .option('--from <time>', 'when it begins; now unless given');

function listCommand(surroundings: Surroundings): Command {
  return new Command('list').description('every key that was ever registered, and those that wait for it').action(
    withClient(surroundings, async ({ client, output }) => {
      const keys = await client.keys();
      output.show(keys, table(keys.map(keyRow)));
    }),
  );
}

function keyRow({ kid, use, state, effectiveFrom, validUntil, endedFrom, held, signing }: KeyView): string[] {
  const span = effectiveFrom ? `${effectiveFrom} - ${endedFrom ?? validUntil}` : '';
  return [kid, use, state, signing ? 'signs' : held ? 'held' : 'not held', span];
}

function rotateCommand(surroundings: Surroundings): Command {
  return proposing(new Command('rotate'))
    .description('make a new key, and propose to register it and to retire the ones before it')
    .requiredOption('--use <use>', 'sig or enc')
    .option('--overlap <hours>', 'how long the keys before it stay active beside it', '168')
    .action(
      withClient<OutOptions & { use: string; overlap: string }, []>(
        surroundings,
        async ({ client, output, options }) => {
          const { use, out, overlap, from } = options;
          if (use !== 'sig' && use !== 'enc') throw new UsageError('--use is sig or enc.');
          const overlapHours = Number(overlap);
          if (!(overlapHours >= 0)) throw new UsageError(`--overlap ${overlap} is no number of hours.`);
          const body = {
            use,
            overlapHours,
            ...(from === undefined ? {} : { from: timeOf(from) }),
          } as const;
          await propose(output, out, (await client.rotateKey(body)).changes);
        },
      ),
    );
}

function endCommand(
  surroundings: Surroundings,
  name: string,
  status: 'RETIRED' | 'COMPROMISED',
  text: string,
): Command {
  return proposing(new Command(name))
    .description(text)
    .argument('<kid>', 'as "serai keys list" shows it')
    .action(
      withClient<OutOptions, [string]>(surroundings, async ({ client, output, options }, kid) => {
        const from = options.from === undefined ? {} : { from: timeOf(options.from) };
        await propose(output, options.out, (await client.endKey(kid, { status, ...from })).changes);
      }),
    );
}

/** No access point is asked: there is none yet, or none that can sign. */
function recoverCommand({ config, terminal }: Surroundings): Command {
  return proposing(new Command('recover'))
    .alias('create')
    .description(
      'of a new participant, or after the loss of a keystore: make a keystore and propose its keys; the Secretariat hands them in',
    )
    .requiredOption('--owner <participant>', 'whose keys, like iq')
    .requiredOption('--keystore <file>', 'new keystore; SERAI_KEYSTORE_PASSPHRASE closes it')
    .option('--lost <kids>', 'keys that are reported as compromised from --from on, with commas between')
    .option('--realm <realm>', 'production or training', 'production')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<
        OutOptions & { owner: string; keystore: string; lost?: string; realm: string; json?: boolean }
      >();
      if (!config.keystorePassphrase) throw new UsageError('Set SERAI_KEYSTORE_PASSPHRASE for the new keystore.');
      const parsed = realm.safeParse(options.realm);
      if (!parsed.success) throw new UsageError('--realm is production or training.');
      const base = {
        realm: parsed.data,
        effectiveFrom: options.from === undefined ? new Date().toISOString() : timeOf(options.from),
      };
      const owner = participantOf(options.owner);
      const keystore = await createKeystore(options.keystore, config.keystorePassphrase);
      const changes: DirectoryChange[] = [
        ...keystore.publicKeys().map((key) => registration(owner, key, base)),
        ...(options.lost?.split(',') ?? []).map((kid): DirectoryChange => {
          return { ...base, id: v7(), kind: 'key-status-changed', kid, status: 'COMPROMISED' };
        }),
      ];
      await propose(new Output(terminal, options.json === true), options.out, changes, NEXT_BY_SECRETARIAT);
    });
}

function registration(
  owner: string,
  { use, jwk }: KeystorePublicKey,
  base: { readonly realm: Realm; readonly effectiveFrom: string },
): DirectoryChange {
  const end = new Date(base.effectiveFrom);
  end.setUTCFullYear(end.getUTCFullYear() + YEARS_VALID);
  return { ...base, id: v7(), kind: 'key-registered', key: { owner, use, jwk, validUntil: end.toISOString() } };
}

async function propose(output: Output, out: string, changes: readonly DirectoryChange[], next = NEXT): Promise<void> {
  writeNewChanges(out, changes);
  output.show({ changes }, await Promise.all(changes.map(changeWords)));
  output.remark(`Written to ${out}. ${next}`);
}

/** RFC 3339 in UTC with milliseconds, from whatever a date may be written as. */
export function timeOf(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new UsageError(`"${text}" is no time: write 2026-11-22T03:12:06Z.`);
  return time.toISOString();
}
