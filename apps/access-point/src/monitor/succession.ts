import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type EpochsAnswer, type LoggedStatement, logClosed, logOpened, serviceUrnOf } from '#libs/contracts';
import { isMessage, type VerifiedEnvelope, verifyEnvelope } from '#libs/envelope';
import { isSeraiError } from '#libs/errors';
import { CheckpointJudge, leafEntry, messageHashOf, type WitnessedCheckpoint } from '#libs/evidence';
import {
  type Checkpoint,
  leafHash,
  parseNote,
  proveInclusion,
  tileHashReader,
  verifyInclusion,
} from '#libs/transparency-log';
import { CommunityDirectory } from '../directory/community-directory.js';
import { judgeCheckpoint } from './judge-checkpoint.js';
import { LogClient } from './log-client.js';
import { findSeenHeads, type News } from './monitor.repository.js';

const AUDIT_SERVICE = serviceUrnOf('audit');
/** A hub names no more logs than it may tell of. */
const MOST_LINKS = 1_000;

/** How a log that was never seen goes on from those that were. */
export type Descent =
  /** It is the first one that was ever seen, or is being followed by now. */
  | { readonly kind: 'begun' }
  /** Its first leaf names the end of the log before it, whose last leaf names it, and everything that was seen is before that. */
  | { readonly kind: 'proven'; readonly previous: News }
  /** It does not, for this reason. */
  | { readonly kind: 'broken'; readonly finding: string };

type HubLog = EpochsAnswer['logs'][number];

/** What is wrong with a succession. */
class Broken extends Error {}

/**
 * Judges whether another log may take the place of the one that was followed. A hub could leave out the end of a log by beginning the next one, so what it says is
 * proven: by leaves of both logs, under checkpoints that witnesses have seen.
 */
@Injectable()
export class Succession {
  constructor(
    private readonly dataSource: DataSource,
    private readonly community: CommunityDirectory,
    private readonly client: LogClient,
  ) {}

  /** @throws SeraiError ERR_UPSTREAM_UNAVAILABLE, ERR_LOG_TILE: then nothing is concluded */
  async descentOf(head: Checkpoint, signal: AbortSignal): Promise<Descent> {
    const seen = new Map((await findSeenHeads(this.dataSource.manager)).map((known) => [known.origin, known]));
    // Another look may have verified it meanwhile.
    if (seen.size === 0 || seen.has(head.origin)) return { kind: 'begun' };
    const logs = new Map((await this.client.epochs(signal)).map((log) => [log.origin, log]));
    try {
      let log = head;
      for (let links = 0; links < MOST_LINKS; links += 1) {
        const previous = await this.previousOf(log, logs, signal);
        const { origin, size, root } = previous.witnessed.checkpoint;
        const known = seen.get(origin);
        if (known !== undefined) {
          const judgement = await judgeCheckpoint(previous.witnessed, known, this.client.tiles(origin, signal));
          if ('finding' in judgement)
            throw new Broken(`The end of ${origin} is not where it was seen: ${judgement.finding}`);
          const { witnessedAt } = previous.witnessed;
          const news = {
            origin,
            size,
            root,
            note: previous.note,
            witnessedAt,
            newsAt: new Date(),
            continuedBy: log.origin,
          };
          return { kind: 'proven', previous: news };
        }
        log = previous.witnessed.checkpoint;
      }
      throw new Broken('It names more logs before it than there can be.');
    } catch (error) {
      if (error instanceof Broken) return { kind: 'broken', finding: error.message };
      throw error;
    }
  }

  /** The log before this one, as both of them say. */
  private async previousOf(log: Checkpoint, logs: ReadonlyMap<string, HubLog>, signal: AbortSignal) {
    const { origin } = log;
    const opened = await this.statement(logs.get(origin)?.opened, 0, log, signal);
    if (opened === undefined || !isMessage(opened, logOpened) || opened.event.data.header.origin !== origin)
      throw new Broken(`The first leaf of ${origin} names no log before it.`);
    const { previous } = opened.event.data.header;
    const note = Buffer.from(previous.checkpoint);
    const witnessed = this.believed(note, previous.origin);
    const end = witnessed.checkpoint;
    const closed = await this.statement(logs.get(end.origin)?.closed, end.size - 1, end, signal);
    const closing = closed !== undefined && isMessage(closed, logClosed) ? closed.event.data.header : undefined;
    if (closing?.origin !== end.origin || closing.next !== origin)
      throw new Broken(`${end.origin} was left without its last leaf saying that ${origin} goes on.`);
    return { note, witnessed };
  }

  private believed(note: Buffer, origin: string): WitnessedCheckpoint {
    try {
      const witnessed = new CheckpointJudge(this.community.current).judge(parseNote(note));
      if (witnessed.checkpoint.origin === origin) return witnessed;
    } catch (error) {
      if (!isSeraiError(error)) throw error;
    }
    throw new Broken(`The checkpoint with which ${JSON.stringify(origin)} is said to end does not verify.`);
  }

  /** An envelope of audit that is proven to be a certain leaf; undefined for anything else. */
  private async statement(
    said: LoggedStatement | undefined,
    index: number,
    { origin, size, root }: Checkpoint,
    signal: AbortSignal,
  ): Promise<VerifiedEnvelope | undefined> {
    if (said === undefined || said.leaf.index !== index || index >= size) return undefined;
    const { envelope, leaf } = said;
    if (messageHashOf(envelope) !== leaf.record.messageHash) return undefined;
    const proof = await proveInclusion(index, size, tileHashReader(size, this.client.tiles(origin, signal)));
    try {
      const hash = leafHash(leafEntry(leaf.record, Buffer.from(leaf.salt, 'base64url')));
      verifyInclusion({ index, size, leafHash: hash, proof, root });
      const { current } = this.community;
      return await verifyEnvelope(envelope, {
        realm: current.realm,
        channel: 'audit.epochs',
        keys: current.keyResolver(),
        at: new Date(leaf.record.acceptedAt),
        audience: 'any',
        source: AUDIT_SERVICE,
      });
    } catch (error) {
      if (isSeraiError(error)) return undefined;
      throw error;
    }
  }
}
