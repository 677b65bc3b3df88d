import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
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
  type VerifierKey,
  type WitnessDecision,
} from '#libs/transparency-log';
import { CommunityDirectory } from '../directory/community-directory.js';
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

/**
 * A witness of the logs that the community's policy names: cosigns what continues what it has cosigned before, keeps what does not. Its memory is a row per log,
 * which is durable before a cosignature leaves.
 *
 * @see https://c2sp.org/tlog-witness
 */
@Injectable()
export class Witness {
  constructor(
    private readonly dataSource: DataSource,
    private readonly community: CommunityDirectory,
    private readonly key: WitnessKey,
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

  /**
   * @param body of an `add-checkpoint` request
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE before the first directory; what the database throws
   */
  async addCheckpoint(body: Buffer): Promise<WitnessAnswer> {
    const now = new Date();
    const policy = this.community.current.logPolicyAt(now)?.policy;
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
    const fields = { kind, origin, size, cosigned: stored.size, checkpoint: checkpointHash.toString('hex') };
    if (isFork) this.logger.error(fields, 'ALARM: the log has signed two histories; the second is kept as evidence');
    else this.logger.warn(fields, 'a signed checkpoint came without a proof that it continues what was cosigned');
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
