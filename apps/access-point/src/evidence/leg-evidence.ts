import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { hashOf } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { type LeafOpening, type MessageEvidence, makePack } from '#libs/evidence';
import {
  parseNote,
  proveInclusion,
  serialiseNote,
  serialiseTlogProof,
  type TileFetch,
  tileHashReader,
  tilePath,
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
import { findHeldMessages } from './evidence.repository.js';
import { OpeningsClient } from './openings-client.js';
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
    private readonly openings: OpeningsClient,
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
    const pieces = (await findHeldMessages(manager, legId)).flatMap(piecesOf);
    const openings = await this.openingsOf(pieces);
    const { checkpoint, note } = await this.checkpointFor(openings);
    const messages = await this.prove(pieces, openings, { checkpoint, note });
    // Asked for last: it must be younger than every message.
    const directory = await this.community.published();
    const logs = [{ checkpoint: serialiseNote(note), consistency: [] }];
    const { realm } = this.identity;
    const pack = await makePack({ realm, leg: legId, messages, logs, directory }, { roots: this.roots });
    await this.accessLog.exported(manager, { ...call, legId });
    return pack;
  }

  private async openingsOf(pieces: readonly Piece[]): Promise<LeafOpening[]> {
    const openings = await this.openings.of(pieces);
    return openings.map((opening) => {
      if (opening === undefined)
        throw pending('The log does not hold all messages of the leg yet, or they were erased.');
      return opening;
    });
  }

  private async checkpointFor(
    openings: readonly LeafOpening[],
  ): Promise<Pick<VerifiedCheckpoint, 'checkpoint' | 'note'>> {
    const bytes = await this.log.checkpoint(timeLimit());
    const note = bytes && parseNote(bytes);
    const policy = this.community.current.logPolicyAt(new Date());
    if (note === undefined || policy === undefined) throw pending('The hub has published no witnessed checkpoint yet.');
    const verified = verifyByPolicy(note, policy.policy);
    if (openings.every(({ index }) => index < verified.checkpoint.size)) return verified;
    throw pending('The newest witnessed checkpoint is older than the last message of the leg.');
  }

  private async prove(
    pieces: readonly Piece[],
    openings: readonly LeafOpening[],
    { checkpoint: { size }, note }: Pick<VerifiedCheckpoint, 'checkpoint' | 'note'>,
  ): Promise<MessageEvidence[]> {
    const readHashes = tileHashReader(size, this.tiles());
    return Promise.all(
      pieces.map(async ({ envelope, receipt }, place) => {
        const opening = openings[place]!;
        const proof = await proveInclusion(opening.index, size, readHashes);
        const file = serialiseTlogProof({ index: opening.index, proof, checkpoint: note });
        return { envelope, opening, proof: file, ...(receipt === undefined ? {} : { receipt }) };
      }),
    );
  }

  /** Gets tiles, each once. */
  private tiles(): TileFetch {
    const known = new Map<string, Promise<Buffer | undefined>>();
    return (tile) => {
      const bytes = known.get(tilePath(tile)) ?? this.log.tile(tile, timeLimit());
      known.set(tilePath(tile), bytes);
      return bytes;
    };
  }
}

const timeLimit = (): AbortSignal => AbortSignal.timeout(TIMEOUT_MS);

function piecesOf({
  envelopeId,
  sha256,
  envelope,
  receipt,
  event,
}: Awaited<ReturnType<typeof findHeldMessages>>[number]): Piece[] {
  const message = { id: envelopeId, sha256, envelope, ...(receipt === null ? {} : { receipt }) };
  return event === null ? [message] : [message, { id: idOf(event), sha256: hashOf(event), envelope: event }];
}

/** Of an envelope that was verified before it was stored. */
function idOf(jws: string): string {
  const { id } = JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')) as { id: string };
  return id;
}

function pending(message: string): SeraiError {
  return new SeraiError('ERR_EVIDENCE_PENDING', `${message} Ask again in a moment.`, {
    retryAfterSeconds: AGAIN_AFTER_SECONDS,
  });
}
