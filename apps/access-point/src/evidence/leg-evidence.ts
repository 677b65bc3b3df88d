import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { hashOf } from '#libs/envelope';
import { isSeraiError, SeraiError } from '#libs/errors';
import { type LeafOpening, type MessageEvidence, makePack } from '#libs/evidence';
import {
  type Note,
  type Policy,
  parseNote,
  proveInclusion,
  serialiseNote,
  serialiseTlogProof,
  tileHashReader,
  type VerifiedCheckpoint,
  verifyByPolicy,
} from '#libs/transparency-log';
import type { RootKeys } from '#libs/trust';
import { AccessLog } from '../access-log/access-log.service.js';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Identity } from '../identity.js';
import { assertReachable } from '../leg/leg.reader.js';
import { findLeg } from '../leg/leg.repository.js';
import { LogClient } from '../monitor/log-client.js';
import type { Call } from '../officer/call.js';
import { findHeldMessages, findLegEvents, type HeldMessage } from './evidence.repository.js';
import { ROOT_KEYS } from './root-keys.token.js';

/** The log publishes once a second while it grows. */
const AGAIN_AFTER_SECONDS = 2;
const TIMEOUT_MS = 30_000;

/** A signed envelope and what its holder knows beside it. */
interface Piece {
  readonly id: string;
  readonly sha256: string;
  readonly envelope: string;
  readonly receipt?: string;
}

/** Puts together what proves a leg to a stranger: everything in it is verified here first, as that stranger will. */
@Injectable()
export class LegEvidence {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identity: Identity,
    private readonly community: CommunityDirectory,
    private readonly log: LogClient,
    private readonly accessLog: AccessLog,
    @Inject(ROOT_KEYS) private readonly roots: RootKeys,
  ) {}

  /**
   * The evidence pack of a leg; that it was handed out is in the access log before.
   *
   * @throws SeraiError ERR_REQUEST_NOT_FOUND; ERR_EVIDENCE_PENDING while the log does not hold all of it under a witnessed checkpoint; ERR_UPSTREAM_UNAVAILABLE
   */
  async pack(call: Call<'exportEvidence'>): Promise<Buffer> {
    const { manager } = this.dataSource;
    const { legId } = assertReachable(call.reach, await findLeg(manager, call.params.legId));
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const [held, events] = [await findHeldMessages(manager, legId), await findLegEvents(manager, legId)];
    const pieces = [...held.flatMap(piecesOf), ...events.map(pieceOfEvent)];
    const openings = await this.openingsOf(pieces, signal);
    const verified = await this.checkpointFor(openings, signal);
    const messages = await this.prove(pieces, openings, verified, signal);
    // Asked for last: it must be younger than every message.
    const directory = await this.community.published();
    const logs = [{ checkpoint: serialiseNote(verified.note), consistency: [] }];
    const { realm } = this.identity;
    const pack = await makePack({ realm, leg: legId, messages, logs, directory }, { roots: this.roots });
    await this.accessLog.exported(manager, { ...call, legId });
    return pack;
  }

  private async openingsOf(pieces: readonly Piece[], signal: AbortSignal): Promise<LeafOpening[]> {
    const leaves = await this.log.openings(pieces, signal);
    return pieces.map(({ id }) => {
      const leaf = leaves.get(id)?.[0];
      if (leaf === undefined) throw pending('The log does not hold all messages of the leg yet, or they were erased.');
      return { ...leaf, salt: Buffer.from(leaf.salt, 'base64url') };
    });
  }

  private async checkpointFor(openings: readonly LeafOpening[], signal: AbortSignal): Promise<VerifiedCheckpoint> {
    const bytes = await this.log.checkpoint(signal);
    const note = bytes && parseNote(bytes);
    const policy = this.community.current.logPolicyAt(new Date());
    if (note === undefined || policy === undefined) throw pending('The hub has published no witnessed checkpoint yet.');
    const verified = believed(note, policy.policy);
    if (openings.every(({ index }) => index < verified.checkpoint.size)) return verified;
    throw pending('The newest witnessed checkpoint is older than the last message of the leg.');
  }

  private async prove(
    pieces: readonly Piece[],
    openings: readonly LeafOpening[],
    { checkpoint: { size }, note }: VerifiedCheckpoint,
    signal: AbortSignal,
  ): Promise<MessageEvidence[]> {
    const readHashes = tileHashReader(size, this.log.tiles(signal));
    return Promise.all(
      pieces.map(async ({ envelope, receipt }, place) => {
        const opening = openings[place]!;
        const proof = await proveInclusion(opening.index, size, readHashes);
        const file = serialiseTlogProof({ index: opening.index, proof, checkpoint: note });
        return { envelope, opening, proof: file, ...(receipt === undefined ? {} : { receipt }) };
      }),
    );
  }
}

function piecesOf({ id, sha256, envelope, receipt, event }: HeldMessage): Piece[] {
  return [{ id, sha256, envelope, ...(receipt === null ? {} : { receipt }) }, pieceOfEvent(event)];
}

const pieceOfEvent = (jws: string): Piece => ({ id: idOf(jws), sha256: hashOf(jws), envelope: jws });

/** Of an envelope that was verified before it was stored. */
function idOf(jws: string): string {
  const { id } = JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')) as { id: string };
  return id;
}

function believed(note: Note, policy: Policy): VerifiedCheckpoint {
  try {
    return verifyByPolicy(note, policy);
  } catch (cause) {
    if (!isSeraiError(cause)) throw cause;
    const message = `The hub publishes a checkpoint that is not to be believed: ${cause.message} Look at the alarms of the log.`;
    throw new SeraiError('ERR_EVIDENCE_RULE', message, { cause });
  }
}

function pending(message: string): SeraiError {
  return new SeraiError('ERR_EVIDENCE_PENDING', `${message} Ask again in a moment.`, {
    retryAfterSeconds: AGAIN_AFTER_SECONDS,
  });
}
