import type { EntityManager } from 'typeorm';
import type { CloudEvent } from '#libs/contracts';
import { type SignedEnvelope, type Signer, signEnvelope } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { type ChainEnd, lockChain, moveChain } from './producer-chain.repository.js';

/** An event that lacks its place in the producer's chain. Its `source` is the producer. */
export type DraftEvent = Omit<CloudEvent, 'producerseq' | 'producerprev'>;

/**
 * The numbered, hashed chain of a producer's envelopes (docs/architecture.md, The envelope): `producerseq` without gaps, `producerprev` the hash of
 * the envelope before. Numbers are given in the order of signing, in the caller's transaction: a rollback gives them back.
 */
export class ProducerChain {
  /** Where chains end that transactions have locked, what they appended included. */
  private readonly held = new WeakMap<EntityManager, Map<string, ChainEnd>>();

  /** Locks the chain until the transaction ends, in a round trip that another statement can share; {@link append} then needs none. */
  async hold(tx: EntityManager, producer: string): Promise<void> {
    const chains = this.chainsOf(tx);
    if (!chains.has(producer)) chains.set(producer, await lockChain(tx, producer));
  }

  /**
   * Numbers and signs the drafts, in order. Holds a lock on the chain until the transaction ends, so do it late. One round trip, however many drafts; the end of the
   * chain is stored with the commit.
   */
  async append(tx: EntityManager, drafts: readonly DraftEvent[], signer: Signer): Promise<SignedEnvelope[]> {
    if (drafts.length === 0) return [];
    const producer = soleSource(drafts);
    await this.hold(tx, producer);
    const chains = this.chainsOf(tx);
    let { sequence, hash } = chains.get(producer)!;
    const signed: SignedEnvelope[] = [];
    for (const draft of drafts) {
      sequence += 1n;
      const place = { producerseq: sequence.toString(), ...(hash === undefined ? {} : { producerprev: hash }) };
      const envelope = await signEnvelope({ ...draft, ...place }, signer);
      hash = envelope.sha256;
      signed.push(envelope);
    }
    chains.set(producer, { sequence, hash });
    await moveChain(tx, producer, sequence, hash!);
    return signed;
  }

  private chainsOf(tx: EntityManager): Map<string, ChainEnd> {
    const chains = this.held.get(tx) ?? new Map<string, ChainEnd>();
    this.held.set(tx, chains);
    return chains;
  }
}

function soleSource(drafts: readonly DraftEvent[]): string {
  const sources = new Set(drafts.map(({ source }) => source));
  if (sources.size === 1) return drafts[0]!.source;
  throw new SeraiError('ERR_ENVELOPE_SOURCE', 'One chain holds the envelopes of one producer.', {
    detail: { sources: [...sources] },
  });
}
