import { isSeraiError, SeraiError } from '#libs/errors';
import {
  type Frontier,
  type HashReader,
  proveConsistency,
  readRoot,
  serialiseNote,
  tileHashReader,
  verifyByPolicy,
} from '#libs/transparency-log';
import type { WitnessedHead } from '../progress/witnessed-head.js';
import type { LogFolder } from '../tile/log-folder.js';
import type { TileWriter } from '../tile/tile-writer.js';
import type { CheckpointRepository } from './checkpoint.repository.js';
import type { CheckpointTelemetry } from './checkpoint.telemetry.js';
import type { HeldPolicy } from './held-policy.js';
import { assertOrder, rolledBack } from './right-edge.js';
import { readSigned, type SignedCheckpoint } from './signed-checkpoint.js';
import type { SignerClient } from './signer-client.js';
import { WitnessClients } from './witness-clients.js';
import { WitnessRound } from './witness-round.js';
import { WitnessWatch } from './witness-watch.js';

const REPUBLISH_MS = 600_000;

export interface CheckpointTermOptions {
  readonly origin: string;
  readonly tiles: Pick<TileWriter, 'grow'>;
  readonly folder: LogFolder;
  readonly signer: SignerClient;
  readonly repository: CheckpointRepository;
  readonly telemetry: CheckpointTelemetry;
  readonly witnessed: WitnessedHead;
  /** Ends whatever is under way. */
  readonly signal: AbortSignal;
  /** How often a head that does not move is cosigned again; 10 minutes unless given. */
  readonly republishMs?: number;
  /** How long the quorum may be away before that is a finding; 30 s unless given. */
  readonly quorumPatienceMs?: number;
}

/**
 * Brings the log's head to the world, step by step, each durable before the next: tiles, signature, row, cosignatures, publication. What it keeps in mind is true as
 * long as every step succeeded; after one that did not, it reads everything again and verifies that all parts tell one history.
 */
export class CheckpointTerm {
  private readonly clients = new WitnessClients();
  private readonly watch: WitnessWatch;
  /** What was signed last, with its row. */
  private edge: SignedCheckpoint | undefined;
  private round: WitnessRound | undefined;
  private published: { readonly at: number; readonly count: number } | undefined;

  constructor(private readonly options: CheckpointTermOptions) {
    this.watch = new WitnessWatch(options.repository, options.telemetry, options.quorumPatienceMs);
  }

  /**
   * One time around. Does nothing while there is nothing new.
   *
   * @param frontier of what is committed
   * @throws SeraiError ERR_LOG_ROLLBACK when the parts contradict each other: do not go on
   * @throws what else went wrong; the next time begins with what is durable
   */
  async advance(frontier: Frontier, held: HeldPolicy): Promise<void> {
    const known = this.edge;
    this.edge = undefined;
    const last = known ?? (await this.settle(frontier, held));
    const newest = frontier.size > last.head.size ? await this.sign(last, frontier, held) : last;
    if (newest.head.size > 0) await this.witness(newest, held);
    this.edge = newest;
  }

  /** Verifies that everything fits together, and makes up for the steps that a crash left out. */
  private async settle(frontier: Frontier, held: HeldPolicy): Promise<SignedCheckpoint> {
    const { folder, origin, repository, signer, telemetry } = this.options;
    const read = (bytes: Uint8Array | undefined, where: string) =>
      bytes && readSigned(bytes, origin, held.everLogs, where);
    // In this order, for a leader before us may be busy still: what comes first is never younger than what comes later.
    const published = read(await folder.readCheckpoint(), 'in the folder');
    const stored = read(await repository.newest(), 'in the database');
    const signed = readSigned(Buffer.from((await signer.state()).checkpoint), origin, held.logs, 'of the signer');
    assertOrder({ signed, stored, published, frontier });
    const { size, root } = signed.head;
    await this.restoreTiles(size, frontier.size);
    await this.assertTiles(size, root, 'was signed');
    await this.assertTiles(frontier.size, frontier.root(), 'the database');
    if (size > 0) await repository.add(signed);
    telemetry.signed(size, undefined);
    return signed;
  }

  private async sign(last: SignedCheckpoint, frontier: Frontier, held: HeldPolicy): Promise<SignedCheckpoint> {
    const { origin, repository, signer, telemetry, tiles } = this.options;
    const { size: oldSize } = last.head;
    const { size } = frontier;
    const root = frontier.root();
    await tiles.grow(oldSize, size);
    await this.assertTiles(size, root, 'the database');
    const proof = await this.proof(oldSize, size);
    const answer = await signer.sign({ origin, oldSize, proof, size, root });
    if ('refusal' in answer && answer.refusal === 'conflict')
      throw new SeraiError('ERR_LOG_FENCED', 'Another process has had the log signed meanwhile.');
    if ('refusal' in answer)
      throw rolledBack(`its signer refuses (${answer.refusal}) what follows on ${answer.size}`, { oldSize, size });
    const signed = readSigned(answer.note, origin, held.logs, 'of the signer');
    if (signed.head.size !== size || !signed.head.root.equals(root))
      throw rolledBack('its signer signed another head', { size });
    await repository.add(signed);
    telemetry.signed(size, new Date());
    return signed;
  }

  /** The witnesses' turn, when there is something new for them, or they have not all been heard. */
  private async witness(newest: SignedCheckpoint, held: HeldPolicy): Promise<void> {
    const { signal } = this.options;
    const round = this.roundOf(newest, held);
    const proofs = new Map<number, Promise<Buffer[]>>();
    const proofFrom = (oldSize: number): Promise<Buffer[]> => {
      const proof = proofs.get(oldSize) ?? this.proof(oldSize, newest.head.size);
      proofs.set(oldSize, proof);
      return proof;
    };
    const { watch } = this;
    await round.collect(this.clients.of(held), {
      proofFrom,
      signal,
      onReport: (name, report) => watch.answered(name, report),
    });
    await watch.saw(round.isWitnessed);
    if (round.isWitnessed && round.count > (this.published?.count ?? 0)) await this.publish(round, held);
  }

  /** Another one for another head, under another policy, and when the cosignatures have become old. */
  private roundOf(newest: SignedCheckpoint, held: HeldPolicy): WitnessRound {
    const { republishMs = REPUBLISH_MS } = this.options;
    const isStale = this.published !== undefined && performance.now() - this.published.at >= republishMs;
    if (this.round?.isOf(newest, held) && !isStale) return this.round;
    this.published = undefined;
    this.round = new WitnessRound(newest, held);
    return this.round;
  }

  private async publish(round: WitnessRound, held: HeldPolicy): Promise<void> {
    const { note, count } = round;
    const { checkpoint } = verifyByPolicy(note, held.policy);
    await this.options.folder.publishCheckpoint(serialiseNote(note));
    const at = new Date();
    this.published = { at: performance.now(), count };
    this.options.witnessed.reached(checkpoint.size, at);
    this.options.telemetry.witnessed(checkpoint.size, at);
  }

  /** Those of a log that grew since it was signed; all of them where some are missing, from the leaves in the database. */
  private async restoreTiles(signed: number, size: number): Promise<void> {
    const { tiles } = this.options;
    try {
      await tiles.grow(signed, size);
    } catch (error) {
      if (!isSeraiError(error, 'ERR_LOG_TILE')) throw error;
      await tiles.grow(0, signed);
      await tiles.grow(signed, size);
    }
  }

  /** @throws SeraiError ERR_LOG_ROLLBACK when the tiles lead to another root */
  private async assertTiles(size: number, root: Buffer, whose: string): Promise<void> {
    if ((await readRoot(size, this.reader(size))).equals(root)) return;
    throw rolledBack(`its tiles have another root at ${size} than ${whose}`, { size });
  }

  private reader(size: number): HashReader {
    return tileHashReader(size, (tile) => this.options.folder.readTile(tile));
  }

  private async proof(oldSize: number, size: number): Promise<Buffer[]> {
    if (oldSize === 0) return [];
    return proveConsistency(oldSize, size, this.reader(size));
  }
}
