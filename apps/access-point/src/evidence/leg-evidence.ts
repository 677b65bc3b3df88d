import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SeraiError } from '#libs/errors';
import { type LogEvidence, type MessageEvidence, makePack } from '#libs/evidence';
import { parseNote, proveConsistency, serialiseAddCheckpoint, tileHashReader } from '#libs/transparency-log';
import type { RootKeys } from '#libs/trust';
import { AccessLog } from '../access-log/access-log.service.js';
import { AccessRecorder } from '../access-record/access-recorder.js';
import { CommunityDirectory } from '../directory/community-directory.js';
import { Identity } from '../identity.js';
import { assertReachable } from '../leg/leg.reader.js';
import { findLeg } from '../leg/leg.repository.js';
import { LogAlarms } from '../monitor/log-alarms.js';
import { LogClient } from '../monitor/log-client.js';
import { LogMonitor } from '../monitor/log-monitor.js';
import { findSignedHeads } from '../monitor/monitor.repository.js';
import type { Call } from '../officer/call.js';
import { type HeldEnvelope, heldEnvelopeOf } from '../receipt/held-envelope.js';
import { type LogProof, proofFile, type SignedHead } from '../receipt/log-proof.js';
import { ProofBook } from '../receipt/proof-book.js';
import { findHeldMessages, findLegEvents, type HeldMessage } from './evidence.repository.js';
import { evidencePending } from './evidence-pending.js';
import { ROOT_KEYS } from './root-keys.token.js';

const TIMEOUT_MS = 30_000;

/** A signed envelope and what its holder knows beside it. */
interface Piece extends HeldEnvelope {
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
    private readonly book: ProofBook,
    private readonly monitor: LogMonitor,
    private readonly alarms: LogAlarms,
    private readonly log: LogClient,
    private readonly accessLog: AccessLog,
    private readonly recorder: AccessRecorder,
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
    const proofs = await this.proofsOf(pieces, signal);
    const messages = pieces.map((piece) => evidenceOf(piece, proofs.get(piece.id)!));
    const logs = await this.logsOf([...proofs.values()], signal);
    // Asked for last: it must be younger than every message.
    const directory = await this.community.published();
    const { realm } = this.identity;
    const pack = await makePack({ realm, leg: legId, messages, logs, directory }, { roots: this.roots });
    await this.recorder.recorded(await this.accessLog.exported(manager, { ...call, legId }));
    return pack;
  }

  /** What is not kept yet is proven under the checkpoint that is published now. */
  private async proofsOf(pieces: readonly Piece[], signal: AbortSignal): Promise<ReadonlyMap<string, LogProof>> {
    const kept = await this.book.kept(pieces.map(({ id }) => id));
    if (kept.size === pieces.length) return kept;
    await this.monitor.look();
    const { proofs } = await this.book.prove(pieces, signal);
    if (proofs.size === pieces.length) return proofs;
    if ((await this.alarms.view()).state === 'INTACT') throw pending();
    throw new SeraiError(
      'ERR_EVIDENCE_RULE',
      'The log is not to be believed: look at its alarms (GET /v1/log, serai log show).',
    );
  }

  /** The newest head of each log that holds something of it, and how the older ones lead there. */
  private async logsOf(proofs: readonly LogProof[], signal: AbortSignal): Promise<LogEvidence[]> {
    const heads = await findSignedHeads(this.dataSource.manager);
    const used = heads.filter(({ origin }) => proofs.some(({ head }) => head.origin === origin));
    return Promise.all(
      used.map(async (head) => {
        const older = proofs.flatMap(({ head: { origin, size } }) =>
          origin === head.origin && size < head.size ? [size] : [],
        );
        return { checkpoint: head.note, consistency: await this.growth(head, [...new Set(older)], signal) };
      }),
    );
  }

  private growth({ origin, size, note }: SignedHead, older: readonly number[], signal: AbortSignal): Promise<Buffer[]> {
    const readHashes = tileHashReader(size, this.log.tiles(origin, signal));
    return Promise.all(
      older.map(async (oldSize) => {
        const proof = await proveConsistency(oldSize, size, readHashes);
        return serialiseAddCheckpoint({ oldSize, proof, checkpoint: parseNote(note) });
      }),
    );
  }
}

function evidenceOf({ envelope, receipt }: Piece, proof: LogProof): MessageEvidence {
  const evidence = { envelope, opening: proof.opening, proof: proofFile(proof) };
  return receipt === undefined ? evidence : { ...evidence, receipt };
}

function piecesOf({ id, sha256, envelope, receipt, event }: HeldMessage): Piece[] {
  return [{ id, sha256, envelope, ...(receipt === null ? {} : { receipt }) }, pieceOfEvent(event)];
}

const pieceOfEvent = (jws: string): Piece => ({ ...heldEnvelopeOf(jws), envelope: jws });

const pending = () =>
  evidencePending(
    'The log does not hold all messages of the leg under a witnessed checkpoint yet, or they were erased. Ask again in a moment.',
  );
