import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import {
  type DirectoryChange,
  directoryChange,
  type SignedDirectoryChange,
  signedDirectoryChange,
} from '#libs/contracts';
import { type Signer, thumbprint } from '#libs/envelope';
import { countersignDirectoryChange, openChange, signDirectoryChange } from '#libs/trust';
import { readJson } from './commands/command.js';
import { UsageError } from './failure.js';

const changesFile = z.object({
  changes: z
    .array(z.union([signedDirectoryChange, directoryChange]))
    .min(1)
    .max(32),
});

/** A change on its way from one signer to the next: as it was proposed, or with the signatures that it has so far. */
export type TravellingChange = DirectoryChange | SignedDirectoryChange;

const isSigned = (change: TravellingChange): change is SignedDirectoryChange => 'payload' in change;

export const contentOf = (change: TravellingChange): DirectoryChange =>
  isSigned(change) ? openChange(change).change : change;

export const signaturesOn = (change: TravellingChange): number => (isSigned(change) ? change.signatures.length : 0);

/** The changes of a file that `keys`, `participants` or `changes sign` has written. */
export function readChanges(file: string): TravellingChange[] {
  const parsed = changesFile.safeParse(readJson(file));
  if (parsed.success) return parsed.data.changes;
  throw new UsageError(`${file} is no file of changes, as "serai keys" and "serai participants" write it.`);
}

/** Only those that somebody has signed can be handed in. */
export function readSignedChanges(file: string): SignedDirectoryChange[] {
  return readChanges(file).map((change) => {
    if (isSigned(change)) return change;
    throw new UsageError(`${file} has a change that nobody has signed: run "serai changes sign".`);
  });
}

/** Replaces nothing: a file that is there may carry signatures. */
export function writeNewChanges(file: string, changes: readonly DirectoryChange[]): void {
  const wrong = changes.flatMap((change) => directoryChange.safeParse(change).error?.issues ?? []);
  if (wrong.length > 0) {
    throw new UsageError(wrong.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  }
  try {
    writeFileSync(file, `${JSON.stringify({ changes }, undefined, 2)}\n`, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new UsageError(`${file} is there already.`);
    throw error;
  }
}

/** Adds a signature to every change of a file. */
export async function signChanges(file: string, signer: Signer): Promise<TravellingChange[]> {
  const signed = await Promise.all(
    readChanges(file).map((change) =>
      isSigned(change) ? countersignDirectoryChange(change, signer) : signDirectoryChange(change, [signer]),
    ),
  );
  writeFileSync(file, `${JSON.stringify({ changes: signed }, undefined, 2)}\n`);
  return signed;
}

/** What a change does, in words for whoever is to sign it. */
export async function changeWords(change: DirectoryChange): Promise<string> {
  const from = `from ${change.effectiveFrom}`;
  switch (change.kind) {
    case 'key-registered':
      return `register a key of ${change.key.owner} to ${change.key.use === 'sig' ? 'sign' : 'decrypt'}, ${await thumbprint(change.key.jwk)}, ${from} until ${change.key.validUntil}`;
    case 'key-status-changed':
      return `${change.status === 'COMPROMISED' ? 'report as compromised' : 'retire'} the key ${change.kid} ${from}`;
    case 'participant-admitted':
      return change.participant.type === 'SUSPENDED'
        ? `suspend ${change.participant.id} ${from}`
        : `admit ${change.participant.id} as ${change.participant.type}, "${change.participant.name}", ${from}`;
    case 'service-registered':
    case 'agency-registered':
    case 'desk-opened':
    case 'desk-closed':
    case 'posting-made':
    case 'agreement-recorded':
    case 'log-policy-set':
      return `${change.kind} ${from}: ${JSON.stringify(change)}`;
  }
}
