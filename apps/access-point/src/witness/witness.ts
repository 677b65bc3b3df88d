import { hash } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { inTransaction } from '#libs/persistence';
import { LOGGER, type Logger, Metrics } from '#libs/telemetry';
import {
  decideAddCheckpoint,
  type Note,
  readAddCheckpoint,
  type SignedAddCheckpoint,
  serialiseNote,
  serialiseSignatureLines,
  type VerifiedCheckpoint,
  type VerifierKey,
  type WitnessDecision,
} from '#libs/transparency-log';
import { CommunityDirectory } from '../directory/community-directory.js';
import { LogAlarms } from '../monitor/log-alarms.js';
import type { EvidenceKind } from './witness.entities.js';
import {
  countForks,
  findEarlierHead,
  insertEvidence,
  lockHead,
  moveHead,
  type StoredHead,
} from './witness.repository.js';
import { WitnessKey } from './witness-key.js';

/** What `add-checkpoint` is answered with. */
export interface WitnessAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** How long the newest published checkpoint is waited for after a start. */
const PATIENCE_MS = 10_000;

/**
 * A witness of the logs that the community's policy names: cosigns what continues what it has cosigned before, keeps what does not. Its memory is a row per log,
 * which is durable before a cosignature leaves.
 *
 * @see https://c2sp.org/tlog-witness
 */
@Injectable()
export class Witness implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly begun = Promise.withResolvers<void>();
  private patience: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly community: CommunityDirectory,
    private readonly key: WitnessKey,
    private readonly alarms: LogAlarms,
    metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    metrics.gauge(
      {
        name: 'serai_access_point_witness_forks',
        help: 'Checkpoints that the log signed and that contradict others of its own, kept as evidence.',
      },
      async (gauge) => {
        const count = await countForks(dataSource.manager).catch(() => undefined);
        if (count !== undefined) gauge.set(count);
      },
    );
  }

  /** A hub that publishes nothing for long must not keep its first checkpoint from being witnessed. */
  onApplicationBootstrap(): void {
    this.patience = setTimeout(() => this.begin(), PATIENCE_MS);
  }

  onModuleDestroy(): void {
    this.begin();
  }

  /** What is published has been looked at, or could not be. */
  begin(): void {
    clearTimeout(this.patience);
    this.begun.resolve();
  }

  /**
   * Learns from its own cosignature on a published checkpoint what a database that was restored from an older backup has forgotten.
   *
   * @param verified under a policy of the directory
   */
  async remember({ checkpoint, note, signatures, cosignatures }: VerifiedCheckpoint): Promise<void> {
    if (!cosignatures.some(({ key }) => this.key.is(key))) return;
    const { origin, size, root } = checkpoint;
    const signed = serialiseNote({ text: note.text, signatures: signatures.map(({ line }) => line) });
    await inTransaction(this.dataSource, async (tx) => {
      const stored = await lockHead(tx, origin);
      const evidence = { origin, met: signed, known: stored.note };
      if (size > stored.size) {
        await moveHead(tx, checkpoint, signed);
        const finding = `This witness had cosigned ${size} leaves and remembered ${stored.size}: its database is an older one.`;
        await this.alarms.raise(tx, { kind: 'WITNESS_BEHIND', finding, ...evidence });
      } else if (size === stored.size && !root.equals(stored.root)) {
        const finding = `This witness's key has cosigned two roots of ${size} leaves.`;
        await this.alarms.raise(tx, { kind: 'FORK', finding, ...evidence });
      }
    });
  }

  /**
   * @param body of an `add-checkpoint` request
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE before the first directory; what the database throws
   */
  async addCheckpoint(body: Buffer): Promise<WitnessAnswer> {
    const now = new Date();
    const policy = this.community.current.logPolicyAt(now)?.policy;
    await this.begun.promise;
    const own = policy && this.key.in(policy);
    const logs = own ? policy.logs.map(({ key }) => key) : [];
    const request = readAddCheckpoint(body, (origin) => logs.filter(({ name }) => name === origin));
    if (request.status !== undefined) return answerOf(request);
    const signed = { ...request, checkpoint: signedBy(logs, request.checkpoint) };
    const decision = await inTransaction(this.dataSource, (tx) => this.decide(tx, signed, body));
    if (decision.status !== 200) return answerOf(decision);
    return this.cosigned(decision.note.text, own!, now);
  }

  private async decide(tx: EntityManager, request: SignedAddCheckpoint, body: Buffer): Promise<WitnessDecision> {
    const { head, checkpoint } = request;
    const stored = await lockHead(tx, head.origin);
    const decision = decideAddCheckpoint(request, stored);
    if (decision.status !== 200)
      await this.keepEvidence(tx, request, body, { stored, isProof: decision.status === 422 });
    else if (head.size > stored.size || stored.note === null) await moveHead(tx, head, serialiseNote(checkpoint));
    return decision;
  }

  /** Another root of a size that was cosigned is a fork, however the request is wrong besides. */
  private async keepEvidence(
    tx: EntityManager,
    { head, checkpoint }: SignedAddCheckpoint,
    request: Buffer,
    { stored, isProof }: { stored: StoredHead; isProof: boolean },
  ): Promise<void> {
    const { origin, size, root } = head;
    const same = stored.size === size ? stored : await findEarlierHead(tx, origin, size);
    const isFork = same !== undefined && !root.equals(same.root);
    if (!isFork && !isProof) return;
    const kind: EvidenceKind = isFork ? 'fork' : 'proof';
    const checkpointHash = hash('sha256', checkpoint.text, 'buffer');
    const known = isFork ? same.note : stored.note;
    if (!(await insertEvidence(tx, { kind, checkpointHash, origin, request, known }))) return;
    if (!isFork) {
      const fields = { origin, size, cosigned: stored.size, checkpoint: checkpointHash.toString('hex') };
      this.logger.warn(fields, 'a signed checkpoint came without a proof that it continues what was cosigned');
      return;
    }
    const finding = `This witness was shown two roots of ${size} leaves.`;
    await this.alarms.raise(tx, { kind: 'FORK', origin, finding, met: serialiseNote(checkpoint), known });
  }

  private async cosigned(text: string, own: VerifierKey, now: Date): Promise<WitnessAnswer> {
    const signature = await this.key.cosign(text, own, now);
    return answerOf({
      status: 200,
      contentType: 'text/plain; charset=utf-8',
      body: serialiseSignatureLines([signature]),
    });
  }
}

/** Without the lines of others, of which there may be many. */
function signedBy(logs: readonly VerifierKey[], { text, signatures }: Note): Note {
  const known = signatures.filter((line) => logs.some((key) => key.name === line.name && key.keyId === line.keyId));
  return { text, signatures: known };
}

function answerOf({
  status,
  contentType,
  body,
}: Omit<WitnessAnswer, 'body'> & { body: string | Uint8Array }): WitnessAnswer {
  return { status, contentType, body: Buffer.from(body) };
}
