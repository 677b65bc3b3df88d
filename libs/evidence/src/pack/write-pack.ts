import type { Realm, SignedDirectoryChange } from '#libs/contracts';
import { SeraiError } from '#libs/errors';
import { parseAddCheckpoint } from '#libs/transparency-log';
import { serialiseLeafOpening } from '../record/leaf-opening.js';
import type { LeafOpening } from '../record/log-record.js';
import {
  CHANGES_PATH,
  consistencyPath,
  logFolder,
  MANIFEST_PATH,
  MAX_MESSAGES,
  manifestOf,
  messageFolder,
  STATEMENT_PATH,
  summaryPath,
} from './pack-files.js';
import { writeZip } from './zip.js';

/** One message of a leg - a participant's envelope or an event of the hub - with all that proves it. */
export interface MessageEvidence {
  /** Compact JWS, byte for byte as it was signed. */
  readonly envelope: string;
  /** Compact JWS of the gateway's receipt; who did not send the message has none. */
  readonly receipt?: string;
  readonly opening: LeafOpening;
  /** A `.tlog-proof` file for the leaf, best under the first witnessed checkpoint that covers it: it bounds the time. */
  readonly proof: Uint8Array;
}

/** The newest witnessed checkpoint of one log, and how the older ones of the pack lead to it. */
export interface LogEvidence {
  /** A checkpoint with its cosignatures: a note of c2sp.org/tlog-checkpoint. */
  readonly checkpoint: Uint8Array;
  /** One for each older size under which a message is proven, in the form of an add-checkpoint request (c2sp.org/tlog-witness) for `checkpoint`. */
  readonly consistency: readonly Uint8Array[];
}

/** What the directory service answers to `GET /v1/directory`, fetched after the last message of the pack. */
export interface DirectoryEvidence {
  readonly changes: readonly SignedDirectoryChange[];
  /** Compact JWS: how far the directory had come, and when. */
  readonly statement: string;
}

/** All that an evidence pack is made of. */
export interface PackParts {
  readonly realm: Realm;
  /** Id of the leg. */
  readonly leg: string;
  /** Every message of the leg, in any order. */
  readonly messages: readonly MessageEvidence[];
  /** One for each log that the messages are in. */
  readonly logs: readonly LogEvidence[];
  readonly directory: DirectoryEvidence;
  /** Texts by language (two letters); `summarise` makes them from verified facts. */
  readonly summaries: ReadonlyMap<string, string>;
}

/**
 * Writes an evidence pack. Checks nothing but its form; the same parts give the same bytes, in whichever order they come.
 *
 * @returns the bytes of a zip file
 * @throws SeraiError ERR_EVIDENCE_PACK for too much, ERR_LOG_MALFORMED for a consistency proof that is none
 */
export function writePack({ realm, leg, messages, logs, directory, summaries }: PackParts): Buffer {
  if (messages.length > MAX_MESSAGES) {
    throw new SeraiError('ERR_EVIDENCE_PACK', `A pack holds at most ${MAX_MESSAGES} messages of one leg.`);
  }
  const files = new Map<string, Buffer>();
  [...messages].sort(byAcceptance).forEach((message, place) => {
    addMessage(files, messageFolder(place), message);
  });
  [...logs].sort(byCheckpoint).forEach((log, place) => {
    addLog(files, logFolder(place), log);
  });
  files.set(CHANGES_PATH, Buffer.from(`${JSON.stringify({ changes: directory.changes })}\n`));
  files.set(STATEMENT_PATH, Buffer.from(directory.statement));
  for (const [language, text] of summaries) files.set(summaryPath(language), Buffer.from(text));
  files.set(MANIFEST_PATH, manifestOf({ realm, leg }, files));
  return writeZip(files);
}

function addMessage(files: Map<string, Buffer>, folder: string, message: MessageEvidence): void {
  const { envelope, receipt, opening, proof } = message;
  files.set(`${folder}/envelope.jws`, Buffer.from(envelope));
  if (receipt !== undefined) files.set(`${folder}/receipt.jws`, Buffer.from(receipt));
  files.set(`${folder}/opening.json`, Buffer.from(`${serialiseLeafOpening(opening)}\n`));
  files.set(`${folder}/inclusion.tlog-proof`, Buffer.from(proof));
}

function addLog(files: Map<string, Buffer>, folder: string, { checkpoint, consistency }: LogEvidence): void {
  files.set(`${folder}/checkpoint`, Buffer.from(checkpoint));
  for (const request of consistency) {
    files.set(consistencyPath(folder, parseAddCheckpoint(request).oldSize), Buffer.from(request));
  }
}

function byAcceptance({ opening: one }: MessageEvidence, { opening: other }: MessageEvidence): number {
  if (one.record.acceptedAt !== other.record.acceptedAt)
    return one.record.acceptedAt < other.record.acceptedAt ? -1 : 1;
  return one.index - other.index;
}

function byCheckpoint({ checkpoint: one }: LogEvidence, { checkpoint: other }: LogEvidence): number {
  return Buffer.compare(one, other);
}
