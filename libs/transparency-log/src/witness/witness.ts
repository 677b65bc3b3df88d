import { isSeraiError } from '#libs/errors';
import { type Checkpoint, parseCheckpoint } from '../checkpoint/checkpoint.js';
import { verifyCheckpoint } from '../checkpoint/verify-checkpoint.js';
import type { Note } from '../note/note.js';
import type { VerifierKey } from '../note/verifier-key.js';
import { EMPTY_ROOT } from '../tree/hashing.js';
import { verifyConsistency } from '../tree/verify-proof.js';
import { type AddCheckpoint, parseAddCheckpoint } from './add-checkpoint.js';

/** What a witness keeps of a log: the newest head that it cosigned. */
export interface WitnessedHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** Why a witness refuses. `fork` and `proof` of a signed checkpoint may be evidence that the log misbehaves; keep the request. */
export type WitnessRefusalReason =
  | 'malformed'
  | 'unknown-origin'
  | 'signature'
  | 'old-size'
  | 'conflict'
  | 'fork'
  | 'proof'
  | 'empty-tree';

/** A refusal, ready to be answered. */
export interface WitnessRefusal {
  readonly status: 400 | 403 | 404 | 409 | 422;
  readonly reason: WitnessRefusalReason;
  readonly contentType: string;
  readonly body: string;
}

/** A request whose checkpoint its log signed. Whether it extends what the witness knows is for {@link decideAddCheckpoint} to say. */
export interface SignedAddCheckpoint extends AddCheckpoint {
  readonly status: undefined;
  readonly head: Checkpoint;
}

/** What a witness does: on 200 store `head`, and only when that is durable cosign the text of `note` and answer the lines. */
export type WitnessDecision = { readonly status: 200; readonly head: Checkpoint; readonly note: Note } | WitnessRefusal;

/** Media type of the size that a conflict is answered with. */
export const TLOG_SIZE_TYPE = 'text/x.tlog.size';

/**
 * The part of `add-checkpoint` that needs no state: the form of the request, and the log's signature.
 *
 * @param keysOf keys that are trusted for an origin; none for a log that this witness does not know
 * @see https://c2sp.org/tlog-witness#add-checkpoint
 * @example const request = readAddCheckpoint(body, (origin) => logs.get(origin) ?? [])
 */
export function readAddCheckpoint(
  body: Uint8Array,
  keysOf: (origin: string) => readonly VerifierKey[],
): SignedAddCheckpoint | WitnessRefusal {
  try {
    const request = parseAddCheckpoint(body);
    const { origin, size } = parseCheckpoint(request.checkpoint.text);
    const logs = keysOf(origin);
    if (logs.length === 0) return refusal(404, 'unknown-origin', 'This witness does not know the log.');
    const { checkpoint: head } = verifyCheckpoint(request.checkpoint, { origin, logs });
    if (request.oldSize > size) return refusal(400, 'old-size', 'The old size is beyond the checkpoint.');
    return { ...request, status: undefined, head };
  } catch (error) {
    if (isSeraiError(error, 'ERR_LOG_MALFORMED')) return refusal(400, 'malformed', error.message);
    if (isSeraiError(error, 'ERR_LOG_SIGNATURE')) return refusal(403, 'signature', error.message);
    throw error;
  }
}

/**
 * Decides on a signed request. Read `stored`, decide and store the new head in one transaction, or two requests could roll the log back.
 *
 * @param stored newest head that this witness cosigned for the origin; undefined for none
 * @see https://c2sp.org/tlog-witness#add-checkpoint
 * @example const decision = decideAddCheckpoint(request, await heads.lock(tx, request.head.origin))
 */
export function decideAddCheckpoint(request: SignedAddCheckpoint, stored: WitnessedHead | undefined): WitnessDecision {
  const { oldSize, proof, head, checkpoint: note } = request;
  const size = stored?.size ?? 0;
  if (oldSize !== size) return { ...refusal(409, 'conflict', String(size)), contentType: TLOG_SIZE_TYPE };
  if (head.size === 0 && !head.root.equals(EMPTY_ROOT)) {
    return refusal(422, 'empty-tree', 'The root is not that of the empty tree.');
  }
  if (head.size === size && stored !== undefined && !head.root.equals(stored.root)) {
    return refusal(409, 'fork', 'The log has another root at this size.');
  }
  if (!extendsHead(head, stored, proof)) return refusal(422, 'proof', 'The consistency proof does not verify.');
  return { status: 200, head, note };
}

function extendsHead(head: Checkpoint, stored: WitnessedHead | undefined, proof: readonly Buffer[]): boolean {
  if (stored === undefined || stored.size === 0 || stored.size === head.size) return proof.length === 0;
  try {
    verifyConsistency({ oldSize: stored.size, oldRoot: stored.root, newSize: head.size, newRoot: head.root, proof });
    return true;
  } catch (error) {
    if (isSeraiError(error)) return false;
    throw error;
  }
}

function refusal(status: WitnessRefusal['status'], reason: WitnessRefusalReason, sentence: string): WitnessRefusal {
  return { status, reason, contentType: 'text/plain; charset=utf-8', body: `${sentence}\n` };
}
