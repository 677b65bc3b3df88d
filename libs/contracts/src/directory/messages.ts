import { z } from 'zod';
import { audience } from '../cloud-event.js';
import { realm } from '../codes.js';
import { participantUrn, sha256, uuid7 } from '../identifiers.js';
import { defineMessage } from '../message-contract.js';
import { problem } from '../problem.js';
import { signedDirectoryChange } from './change.js';

/** Aggregate id of the one directory of a hub: every change has it as subject and record key, so that they stay in order. */
export const DIRECTORY_SUBJECT = '01890000-0000-7000-8000-000000000001';

const version = z.number().int().nonnegative();

export const directoryChangeSubmitted = defineMessage({
  type: 'serai.directory.change.submitted.v1',
  channel: 'directory.submissions',
  summary: 'A participant hands in a change of the directory; who signed the change itself decides.',
  header: z.object({ change: signedDirectoryChange }),
});

export const directoryChangeAccepted = defineMessage({
  type: 'serai.directory.change.accepted.v1',
  channel: 'directory.events',
  summary: 'A change is part of the directory. `head` is the hash chain over all changes up to `version`.',
  header: z.object({ audience, version: version.min(1), head: sha256, change: signedDirectoryChange }),
});

export const directoryChangeRefused = defineMessage({
  type: 'serai.directory.change.refused.v1',
  channel: 'directory.events',
  summary: 'A change was refused; goes to the participant that handed it in.',
  header: z.object({
    audience,
    envelope: z.object({ id: uuid7, type: z.string(), source: participantUrn, sha256 }),
    problem,
  }),
});

export const directorySnapshotPublished = defineMessage({
  type: 'serai.directory.snapshot.published.v1',
  channel: 'directory.answers',
  summary: 'Statement of the directory service about its newest version; comes with a snapshot.',
  header: z.object({ audience, version, head: sha256 }),
});

/** What `GET /v1/directory` answers: every change from the first, so that whoever has the root keys can check all of it. */
export const directorySnapshot = z.object({
  realm,
  version,
  head: sha256,
  changes: z.array(signedDirectoryChange),
  /** Compact JWS: envelope of type {@link directorySnapshotPublished}. */
  statement: z.string(),
});
export type DirectorySnapshot = z.infer<typeof directorySnapshot>;

/** What `GET /v1/directory?since=` answers: only the changes after `since`; for who holds the others, verified. */
export const directoryDelta = directorySnapshot.extend({ since: version });
export type DirectoryDelta = z.infer<typeof directoryDelta>;

export const DIRECTORY_MESSAGES = [
  directoryChangeSubmitted,
  directoryChangeAccepted,
  directoryChangeRefused,
  directorySnapshotPublished,
] as const;
