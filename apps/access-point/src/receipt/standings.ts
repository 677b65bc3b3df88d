import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { MessageReceipt, OpenedLeaf } from '#libs/contracts';
import { isSeraiError } from '#libs/errors';
import { serialiseLeafOpening } from '#libs/evidence';
import { LogClient } from '../monitor/log-client.js';
import { LogMonitor } from '../monitor/log-monitor.js';
import { findCosignedHeads } from '../witness/witness.repository.js';
import type { HeldEnvelope } from './held-envelope.js';
import { isOf, type LogProof, proofFile, readable } from './log-proof.js';
import { findHubWords, type HubWord } from './log-proof.repository.js';
import { type Findings, firstProof, ProofBook } from './proof-book.js';

/** How far the hub vouches for an envelope, and what it said to it. */
export interface Standing extends Pick<MessageReceipt, 'level' | 'opening' | 'proof'> {
  readonly word: HubWord;
}

const LONGEST_MS = 15_000;
const NOTHING: Findings = { proofs: new Map(), leaves: new Map() };

/** Finds out how far the hub vouches for envelopes, many at once. */
@Injectable()
export class Standings {
  constructor(
    private readonly dataSource: DataSource,
    private readonly client: LogClient,
    private readonly monitor: LogMonitor,
    private readonly book: ProofBook,
  ) {}

  /** While the log cannot be read, what is known here. */
  async of(ids: readonly string[]): Promise<Map<string, Standing>> {
    const { manager } = this.dataSource;
    const words = await findHubWords(manager, ids);
    const taken = words.filter(({ isTaken }) => isTaken).map(({ id, sha256 }) => ({ id, sha256 }));
    const signal = AbortSignal.timeout(LONGEST_MS);
    const findings = await this.findings(taken, signal).catch(whenAway);
    const cosigned = await this.cosigned(taken, findings, signal).catch(whenAway);
    return new Map(words.map((word) => [word.id, { word, ...standingOf(word, findings, cosigned.proofs) }]));
  }

  /** The monitor looks every few seconds; here somebody waits for what is in the log already. */
  private async findings(envelopes: readonly HeldEnvelope[], signal: AbortSignal): Promise<Findings> {
    const findings = await this.book.prove(envelopes, signal);
    if (findings.leaves.size === 0) return findings;
    await this.monitor.look();
    return this.book.prove(envelopes, signal);
  }

  /** Under the checkpoints that the own witness has cosigned: the log has signed these, and may have published none of them yet. */
  private async cosigned(
    envelopes: readonly HeldEnvelope[],
    { leaves }: Findings,
    signal: AbortSignal,
  ): Promise<Findings> {
    if (leaves.size === 0) return NOTHING;
    const heads = readable(await findCosignedHeads(this.dataSource.manager), (origin) =>
      this.client.tiles(origin, signal),
    );
    const proofs = new Map<string, LogProof>();
    for (const envelope of envelopes) {
      const proof = await firstProof(heads, envelope, leaves.get(envelope.id) ?? []);
      if (proof !== undefined) proofs.set(envelope.id, proof);
    }
    return { proofs, leaves };
  }
}

function standingOf(
  { id, sha256, isTaken }: HubWord,
  { proofs, leaves }: Findings,
  cosigned: ReadonlyMap<string, LogProof>,
): Pick<MessageReceipt, 'level' | 'opening' | 'proof'> {
  const witnessed = proofs.get(id);
  if (witnessed !== undefined) return { level: 'WITNESSED', ...proven(witnessed) };
  const logged = cosigned.get(id);
  if (logged !== undefined) return { level: 'LOGGED', ...proven(logged) };
  const opening = leaves.get(id)?.find((leaf) => isOf({ id, sha256 }, leaf));
  if (opening !== undefined) return { level: 'SEQUENCED', opening };
  return isTaken ? { level: 'ACCEPTED' } : {};
}

function proven(proof: LogProof): Pick<MessageReceipt, 'opening' | 'proof'> {
  const opening = JSON.parse(serialiseLeafOpening(proof.opening)) as OpenedLeaf;
  return { opening, proof: proofFile(proof).toString('utf8') };
}

/** Nothing is concluded from a log that cannot be read. */
function whenAway(error: unknown): Findings {
  if (isSeraiError(error, 'ERR_UPSTREAM_UNAVAILABLE', 'ERR_LOG_TILE')) return NOTHING;
  throw error;
}
