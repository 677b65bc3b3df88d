import type { EntityManager } from 'typeorm';
import type { CloudEvent } from '#libs/contracts';
import { type SignedEnvelope, type Signer, signEnvelope } from '#libs/envelope';
import { SeraiError } from '#libs/errors';
import { together } from '#libs/persistence';
import { lockChain, moveChain } from './producer-chain.repository.js';

/** An event that lacks its place in the producer's chain. Its `source` is the producer. */
export type DraftEvent = Omit<CloudEvent, 'producerseq' | 'producerprev'>;

/**
 * The numbered, hashed chain of a producer's envelopes (docs/architecture.md, The envelope): `producerseq` without gaps, `producerprev` the hash of
 * the envelope before. Numbers are given in the order of signing, in the caller's transaction: a rollback gives them back.
 */
export class ProducerChain {
  /**
   * Numbers and signs the drafts, in order. Holds a lock on the chain until the transaction ends, so do it late. Two round trips, however many drafts.
   *
   * @param store stores what was signed, in statements that travel with the last one of the chain
   * @throws SeraiError ERR_ENVELOPE_SOURCE when the drafts have more than one source
   */
  async append(
    tx: EntityManager,
    drafts: readonly DraftEvent[],
    signer: Signer,
    store: (signed: readonly SignedEnvelope[]) => Promise<unknown> = async () => undefined,
  ): Promise<SignedEnvelope[]> {
    if (drafts.length === 0) return [];
    const producer = soleSource(drafts);
    let { sequence, hash } = await lockChain(tx, producer);
    const signed: SignedEnvelope[] = [];
    for (const draft of drafts) {
      sequence += 1n;
      const place = { producerseq: sequence.toString(), ...(hash === undefined ? {} : { producerprev: hash }) };
      const envelope = await signEnvelope({ ...draft, ...place }, signer);
      hash = envelope.sha256;
      signed.push(envelope);
    }
    await together([moveChain(tx, producer, sequence, hash!), store(signed)]);
    return signed;
  }
}

function soleSource(drafts: readonly DraftEvent[]): string {
  const sources = new Set(drafts.map(({ source }) => source));
  if (sources.size === 1) return drafts[0]!.source;
  throw new SeraiError('ERR_ENVELOPE_SOURCE', 'One chain holds the envelopes of one producer.', {
    detail: { sources: [...sources] },
  });
}
