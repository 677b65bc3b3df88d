import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LogClient } from '../monitor/log-client.js';
import { findSignedHeads } from '../monitor/monitor.repository.js';
import type { HeldEnvelope } from './held-envelope.js';
import { type FoundLeaf, type LogProof, proveUnder, type ReadableHead, readable } from './log-proof.js';
import { findLogProofs, insertLogProofs } from './log-proof.repository.js';

/** What is known of envelopes, by their ids. */
export interface Findings {
  readonly proofs: ReadonlyMap<string, LogProof>;
  /** Of those without a proof: leaves that the hub says stand for them; not verified. */
  readonly leaves: ReadonlyMap<string, readonly FoundLeaf[]>;
}

/**
 * The proofs that the hub's log holds what this access point sent and received. Each is made once, from the published tiles under the newest head that the monitor
 * has verified, and kept: nobody can take it back, whatever becomes of the log.
 */
@Injectable()
export class ProofBook {
  constructor(
    private readonly dataSource: DataSource,
    private readonly client: LogClient,
  ) {}

  /** Those that are kept. */
  kept(ids: readonly string[]): Promise<Map<string, LogProof>> {
    return findLogProofs(this.dataSource.manager, ids);
  }

  /**
   * Those that are kept, and those that can be made now; these are kept from now on.
   *
   * @throws SeraiError ERR_UPSTREAM_UNAVAILABLE, ERR_LOG_TILE: then nothing is concluded
   */
  async prove(envelopes: readonly HeldEnvelope[], signal: AbortSignal): Promise<Findings> {
    const proofs = await this.kept(envelopes.map(({ id }) => id));
    const open = envelopes.filter(({ id }) => !proofs.has(id));
    if (open.length === 0) return { proofs, leaves: new Map() };
    const leaves = await this.client.openings(open, signal);
    const heads = readable(await findSignedHeads(this.dataSource.manager), (origin) =>
      this.client.tiles(origin, signal),
    );
    const made: LogProof[] = [];
    for (const envelope of open) {
      const proof = await firstProof(heads, envelope, leaves.get(envelope.id) ?? []);
      if (proof !== undefined) made.push(proof);
    }
    await insertLogProofs(this.dataSource.manager, made);
    for (const proof of made) proofs.set(proof.envelope.id, proof);
    return { proofs, leaves: new Map([...leaves].filter(([id]) => !proofs.has(id))) };
  }
}

/** The hub may name many leaves for an envelope, and there may be several logs. */
export async function firstProof(
  heads: readonly ReadableHead[],
  envelope: HeldEnvelope,
  leaves: readonly FoundLeaf[],
): Promise<LogProof | undefined> {
  for (const leaf of leaves) {
    for (const head of heads.filter(({ origin }) => (leaf.origin ?? origin) === origin)) {
      const proof = await proveUnder(head, envelope, leaf);
      if (proof !== undefined) return proof;
    }
  }
  return undefined;
}
